import CairnRemote
import CairnTestSupport
import Testing

@Suite("Probing remotes", .ownThreads)
struct RemoteProbeTests {
    @Test("every remote can do everything, and nothing stays behind", arguments: RemoteMaker.all)
    func all(_ maker: RemoteMaker) async throws {
        let scratch = try ScratchDirectory()
        let remote = try maker.make(scratch)
        let probe = try await RemoteProbe.run(on: remote)
        #expect(probe.findings.map(\.ability) == RemoteProbe.Ability.allCases)
        for finding in probe.findings {
            guard case .works(let time) = finding.outcome else {
                Issue.record("\(finding)")
                continue
            }
            #expect(time >= .zero)
        }
        #expect(probe.remainder == nil)
        #expect(try await remote.keys() == [])
    }

    @Test("what is not allowed is a finding, and the rest goes on")
    func denied() async throws {
        let bucket = ScriptedBucket()
        bucket.change { state in
            state.interception = { request in
                let isList = request.target.contains("list-type")
                return isList || request.method == .delete ? .error(403, "AccessDenied") : nil
            }
        }
        let probe = try await RemoteProbe.run(on: S3Remote(bucket.service))
        let failures = probe.findings.filter { if case .fails = $0.outcome { true } else { false } }
        #expect(failures.map(\.ability) == [.list, .listAgain, .delete])
        #expect(probe.keepsObjects == true)
        #expect(probe.remainder.map { bucket.objects["p/" + $0] } != nil)

        bucket.change { state in state.interception = { _ in .error(403, "AccessDenied") } }
        let nothing = try await RemoteProbe.run(on: S3Remote(bucket.service))
        #expect(nothing.findings.map(\.ability) == RemoteProbe.Ability.allCases)
        #expect(nothing.findings.dropFirst(2).allSatisfy { $0.outcome == .untried })
        #expect(nothing.remainder == nil)
    }

    @Test("a service that replaces objects is found out")
    func replacing() async throws {
        let bucket = ScriptedBucket()
        bucket.change { $0.honoursConditions = false }
        let probe = try await RemoteProbe.run(on: S3Remote(bucket.service))
        #expect(probe.keepsObjects == false)
        #expect(probe.findings.allSatisfy { if case .works = $0.outcome { true } else { false } })
    }
}
