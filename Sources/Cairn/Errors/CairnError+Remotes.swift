import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTransfer

extension CairnError {
    /// Words for a remote that cannot be used, or for what went wrong there.
    init(_ error: RemoteError, remote name: String) {
        let use = "cairn works with \(RemoteLocation.supportedKinds)"
        let object = error.key.isEmpty ? "remote '\(name)'" : "'\(error.key)' on remote '\(name)'"
        switch error.reason {
        case .unsupportedScheme(let scheme):
            self.init(.config, "remote '\(name)' is of the kind \(scheme)://, which is not supported: \(use)")
        case .otherHost(let host):
            self.init(
                .config, "remote '\(name)' lies on another machine, '\(Array(host.utf8).printable)': \(use)",
                hint: "mount it and give the path of the folder")
        case .noPath:
            self.init(.config, "the URL of remote '\(name)' names no place: \(use)")
        case .invalidKey: self.init(.damaged, "\(object) has a name that no object can have")
        case .notFound: self.init(.missing, "\(object) is not there")
        case .truncated: self.init(.damaged, "\(object) has fewer bytes than it should have")
        case .tooLarge(let size): self.init(.damaged, "\(object) has \(Words.bytes(size)), which is too much")
        case .conflict:
            self.init(
                .conflict, "\(object) is there already, and has another size than what was to be written")
        case .denied:
            self.init(.denied, "access to \(object) is not allowed", hint: "ask who owns the remote")
        case .noCredentials(let why): self.init(.denied, "remote '\(name)': \(why)")
        case .unknownUser:
            let modify = "cairn remote modify"
            let quoted = Shell.quoted(name)
            self.init(
                .denied,
                "remote '\(name)' lets nobody in without the right user, password or token",
                hint:
                    "set them: `\(modify) \(quoted) auth basic`, `\(modify) --local \(quoted) user USER` and `\(modify) --local \(quoted) password PASSWORD`"
            )
        case .notListable:
            self.init(
                .network, "remote '\(name)' does not list its folders",
                hint: "let the web server show them, as by `autoindex on;` in nginx")
        case .readOnly: self.init(.denied, "remote '\(name)' cannot be written to: it is read-only")
        case .full:
            self.init(
                .io, "there is no room left on remote '\(name)'",
                hint: "free some space and run the same command again")
        case .temporary(let why):
            self.init(.network, "\(object): \(why)", hint: "run the same command again later")
        case .unreachable(let why):
            self.init(
                .network, "remote '\(name)' cannot be reached: \(why)",
                hint: "check its URL with `cairn remote list`, and the network")
        case .untrusted(let why):
            self.init(
                .network, "remote '\(name)' is not trusted: \(why)",
                hint:
                    "name the file with the certificate of its authority: `cairn remote modify \(Shell.quoted(name)) ssl_verify FILE`"
            )
        case .unusable(let why): self.init(.network, "\(object) cannot be used: \(why)")
        case .missingLibrary(let package):
            self.init(
                .io, "remote '\(name)' cannot be reached: libcurl is not on this machine",
                hint: "install it, as by `apt-get install \(package)`")
        case .refused(let refusal): self.init(refusal, error.key, remote: name)
        case .io(let errno): self.init(.io, "\(object) cannot be used: \(errno)")
        case .interrupted: self.init(SystemError(.interrupted, "use", ""))
        }
    }
}

extension CairnError {
    /// Words for what went wrong between the cache and a packed remote.
    init(_ error: TransferError, remote name: String) {
        switch error.reason {
        case .remote(let error): self.init(error, remote: name)
        case .local(let error): self.init(error)
        case .malformed(let key, let fault):
            self.init(fault, of: key, onRemote: name)
        case .lostMarker:
            self.init(
                .damaged, "'\(PackedLayout.marker)' of remote '\(name)' is gone, though its log is there",
                hint: "write it anew with the next push: `cairn push -r \(Shell.quoted(name))`")
        case .twoStores(let marker, let log):
            self.init(
                .conflict,
                "remote '\(name)' is two stores in one place: '\(PackedLayout.marker)' names \(marker.text), and the log has pushes to \(log.text)",
                hint:
                    "put back the '\(PackedLayout.marker)' of the store whose log it is, and keep the other one elsewhere"
            )
        case .noStore:
            self.init(.notFound, "remote '\(name)' is no packed store")
        case .readOnly(let features):
            self.init(
                .denied,
                "remote '\(name)' cannot be written to by this version of cairn: it lacks \(features.joined(separator: ", "))",
                hint: "install a newer version")
        case .overtaken:
            self.init(
                .conflict, "remote '\(name)' is collected again and again while data is pushed to it",
                hint: "wait until `cairn gc -c` has ended elsewhere, and run the same command again")
        case .unknownRoots(let repository):
            self.init(
                .conflict,
                "nothing was deleted: repository \(repository.text) has pushed to remote '\(name)' and has not said what it needs",
                hint:
                    "run `cairn push` there, or give up what it has there: `cairn gc -c -r \(name) --forget \(repository.text)`"
            )
        case .unreadableRoots(let roots, let fault):
            let why = fault.map { "cannot be read: \($0)" } ?? "is that of another store"
            self.init(
                .damaged,
                "nothing was deleted: '\(roots.path)' on remote '\(name)', which says what a clone needs, \(why)",
                hint:
                    "run `cairn push` in that clone, or give up what it needs: `cairn gc -c -r \(name) --forget \(roots.repository.text)/\(roots.clone.text)`"
            )
        case .unreadable(let key):
            self.init(
                .damaged, "nothing was deleted: the \(key) on remote '\(name)' is needed and cannot be read",
                hint: "find out what is damaged: `cairn verify --remote \(name)`")
        }
    }
}

extension CairnError {
    /// Words for a file of a packed remote that is not of its format.
    init(_ fault: FormatError, of key: String, onRemote name: String) {
        let hint =
            switch (fault.problem, fault.part) {
            case (.unknownFeatures, .marker): "install a newer version of cairn"
            case (.unknownVersion, _), (.unknownFeatures, _):
                "install a newer version of cairn; or, if no newer one was used here, \(Self.hint(onRemote: name))"
            default: Self.hint(onRemote: name)
            }
        self.init(.damaged, "'\(key)' on remote '\(name)' cannot be used: \(fault)", hint: hint)
    }

    /// What to do about a remote that has lost something.
    static func hint(onRemote name: String) -> String {
        "bring back what it lost, from a clone that has the data: `cairn repair --on \(Shell.quoted(name))`"
    }
}

extension RemoteStore {
    /// Words for what is wrong with something on the remote; those of the store itself for anything else.
    func error(_ error: StoreError) -> CairnError {
        let isMirrored = mirror.map { error.path.bytes.starts(with: $0.bytes) } ?? false
        let top = (isMirrored ? mirror : nil)?.bytes ?? shownFolder.bytes
        guard error.path.bytes.starts(with: top) else { return CairnError(error) }
        let key = error.path.bytes.dropFirst(top.count).drop { $0 == UInt8(ascii: "/") }.printable
        let object = key.isEmpty ? "remote '\(name)'" : "'\(key)' on remote '\(name)'"
        let hint = CairnError.hint(onRemote: name)
        switch error.reason {
        case .malformed(let fault): return CairnError(fault, of: key, onRemote: name)
        case .io(.noSuchFileOrDirectory):
            return CairnError(.missing, "\(object) is not there", hint: hint)
        case .io(.permissionDenied), .io(.notPermitted):
            return CairnError(
                .denied, "access to \(object) is not allowed", hint: "ask who owns the remote")
        case .damaged(let id):
            return CairnError(.damaged, "object \(id.text) is damaged: \(object) has other bytes", hint: hint)
        case .missingPart(let part, let id):
            let whole = id.map { " of object \($0.text)" } ?? ""
            return CairnError(.missing, "\(part)\(whole) is in no pack of remote '\(name)'", hint: hint)
        default: return CairnError(error)
        }
    }

    /// Does something with the remote's folder; what is wrong there is put into words that name the remote.
    func naming<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw self.error(error)
        } catch let error as SystemError {
            throw self.error(StoreError(error))
        }
    }
}
