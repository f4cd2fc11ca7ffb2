import CairnRemote
import Testing

@testable import Cairn

@Suite("Words for what S3 services refuse")
struct S3WordsTests {
    @Test(
        "each refusal names the remote and says what to type",
        arguments: [
            (
                S3Refusal.invalidSetting("endpointurl"), "the endpoint of remote 'r' is none",
                "endpointurl URL"
            ),
            (.invalidSetting("region"), "the region of remote 'r' is none", "region VALUE"),
            (.wrongSecret, "remote 'r' refuses the signature", "modify --local r secret_access_key SECRET"),
            (.unknownKey, "remote 'r' does not know the access key", "modify --local r access_key_id KEY"),
            (.expiredKey, "the access key for remote 'r' has expired", "get a new one"),
            (.noKey, "remote 'r' wants an access key", "modify --local r access_key_id KEY"),
            (
                .clock(ours: 0, theirs: 3_600_000),
                "requests say 19700101T000000Z, and remote 'r' says 19700101T010000Z", "timedatectl"
            ),
            (.noBucket("b"), "there is no bucket 'b' for remote 'r'", "url s3://BUCKET/PATH"),
            (.notAllowed(.list), "may not list what is on remote 'r'", "s3:ListBucket"),
            (.notAllowed(.read), "may not read 'k' on remote 'r'", "s3:GetObject"),
            (.notAllowed(.write), "may not write 'k' on remote 'r'", "s3:PutObject"),
            (.notAllowed(.delete), "may not delete 'k' on remote 'r'", "s3:DeleteObject"),
            (.elsewhere("eu-west-1"), "the bucket of remote 'r' is elsewhere: eu-west-1", "region eu-west-1"),
            (.elsewhere("https://h:1"), "is elsewhere: https://h:1", "endpointurl https://h:1"),
            (.elsewhere(""), "is in another region", "region REGION"),
            (.encryption, "remote 'r' cannot use the key with which it is to encrypt", "sse_kms_key_id"),
            (.archived, "'k' on remote 'r' lies in an archive", "bring it back"),
            (.altered, "'k' on remote 'r' did not arrive as it was sent", "run the same command again"),
            (.noService, "what answers at the endpoint of remote 'r' is no S3 service", "endpointurl URL"),
        ])
    func words(_ refusal: S3Refusal, _ message: String, _ hint: String) {
        let error = CairnError(RemoteError(.refused(refusal), "k"), remote: "r")
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.hint?.contains(hint) == true, "\(error.hint ?? "no hint")")
    }

    @Test(
        "what has no remedy names the remote all the same",
        arguments: [
            (S3Refusal.unsupported("ranges"), "remote 'r' cannot do what is needed: ranges"),
            (.unexpected("no date"), "the answer of remote 'r' makes no sense: no date"),
            (.other(status: 418, code: "Teapot"), "'k' on remote 'r': the service answers 418 Teapot"),
            (.other(status: 418, code: ""), "'k' on remote 'r': the service answers 418"),
        ])
    func plainWords(_ refusal: S3Refusal, _ message: String) {
        #expect(CairnError(RemoteError(.refused(refusal), "k"), remote: "r").message == message)
    }
}
