import Cairn
import CairnCore

extension CollectCommand {
    /// The report as programs read it.
    static func json(_ report: CollectReport, _ workspace: Workspace) -> PythonJSON {
        func text(_ value: String?) -> PythonJSON { value.map { .string($0) } ?? .null }
        func object(_ object: CollectPlan.Object) -> PythonJSON {
            .object([
                (Array("id".utf8), .string(object.id.text)),
                (Array("listing".utf8), text(object.lastKnown?.listing?.text)),
                (Array("modified".utf8), .integer(Int(object.modified / 1_000_000_000))),
                (Array("path".utf8), object.lastKnown.map { .string($0.path) } ?? .null),
                (Array("revision".utf8), text(object.lastKnown?.revision)),
                (Array("size".utf8), .integer(Int(object.size))),
            ])
        }
        let places = report.plan.places.map { place in
            PythonJSON.object([
                (Array("folder".utf8), .string(place.shown)),
                (Array("kept".utf8), .integer(place.keptCount)),
                (Array("objects".utf8), .array(place.objects.map(object))),
                (Array("remote".utf8), text(place.remote)),
            ])
        }
        let announced = report.announced.map { announced in
            PythonJSON.object([
                (Array("bytes".utf8), .integer(Int(announced.bytes))),
                (Array("deleted".utf8), .integer(Int(announced.deletedBytes))),
                (Array("given_up".utf8), .integer(announced.buried)),
                (Array("grace".utf8), .integer(Int(announced.grace))),
                (Array("objects".utf8), .integer(announced.count)),
                (Array("packs".utf8), .integer(announced.packs)),
            ])
        }
        return .object([
            (Array("announced".utf8), announced ?? .null),
            (Array("aside".utf8), .integer(Int(report.asideBytes))),
            (Array("bytes".utf8), .integer(Int(report.bytes))),
            (Array("deleted".utf8), .integer(report.count)),
            (Array("emptied".utf8), .integer(Int(report.emptiedBytes))),
            (Array("grace".utf8), report.grace.map { .integer(Int($0)) } ?? .null),
            (Array("places".utf8), .array(places)),
            (Array("spared".utf8), .array(report.spared.map { .string($0.text) })),
        ])
    }
}
