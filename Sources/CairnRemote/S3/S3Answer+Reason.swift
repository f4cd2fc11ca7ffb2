extension S3Answer {
    /// What an answer means for the user when nothing helped.
    ///
    /// - Parameters:
    ///   - permission: what was tried.
    ///   - request: the date of the request, for clocks that differ.
    ///   - isSigned: whether there was a key.
    func reason(
        _ permission: S3Refusal.Permission, bucket: String, request date: Int64, isSigned: Bool
    ) -> RemoteError.Reason {
        let denied: RemoteError.Reason = .refused(isSigned ? .notAllowed(permission) : .noKey)
        switch code {
        case "": break
        case "SignatureDoesNotMatch", "InvalidSignature": return .refused(.wrongSecret)
        case "InvalidAccessKeyId": return .refused(.unknownKey)
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired",
            "InvalidToken":
            return .refused(.expiredKey)
        case "RequestTimeTooSkewed":
            return time.map { .refused(.clock(ours: date, theirs: $0)) } ?? other
        case "NoSuchBucket": return .refused(.noBucket(bucket))
        case "NoSuchKey": return .notFound
        case "AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "UnauthorizedAccess",
            "InvalidSecurity", "NotSignedUp":
            return denied
        case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded",
            "StorageFull", "StorageQuotaExceeded":
            return .full
        case "KeyTooLongError", "XMinioInvalidObjectName": return .invalidKey
        case "InvalidRange": return .truncated
        case "InvalidObjectState": return .refused(.archived)
        case "NotImplemented", "MethodNotAllowed": return .refused(.unsupported(code))
        case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch":
            return .refused(.altered)
        case let code where code.hasPrefix("KMS."): return .refused(.encryption)
        default: break
        }
        switch remedy {
        case .place where status < 400 || region != nil || endpoint != nil:
            return .refused(.elsewhere(region ?? endpoint ?? ""))
        case .later, .slower, .resend: return .temporary("the server answered \(words)")
        default: return isForeign ? .refused(.noService) : reasonByStatus(denied)
        }
    }

    private func reasonByStatus(_ denied: RemoteError.Reason) -> RemoteError.Reason {
        guard code.isEmpty else { return status == 507 ? .full : other }
        switch status {
        case 401, 403: return denied
        case 404: return .notFound
        case 412: return .conflict
        case 416: return .truncated
        case 405, 501: return .refused(.unsupported(words))
        case 507: return .full
        default: return other
        }
    }

    private var other: RemoteError.Reason { .refused(.other(status: status, code: code)) }

    private var words: String { code.isEmpty ? String(status) : "\(status) \(code)" }
}
