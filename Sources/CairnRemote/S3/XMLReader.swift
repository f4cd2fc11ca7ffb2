internal import CExpat

/// An element of an XML document.
struct XMLElement: Hashable, Sendable {
    /// Its name, without the prefix of a namespace.
    let name: String
    /// Its text; empty where it has elements in it.
    var text = ""
    /// The elements in it.
    var children: [XMLElement] = []

    /// The first element of a name in it.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first element of a name in it.
    func text(_ name: String) -> String? { self[name]?.text }

    /// The elements of a name in it.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Why a document was not read.
enum XMLFault: Error, Hashable {
    /// It is not well-formed.
    case malformed
    /// It declares a document type; those can define entities, which no service needs.
    case documentType
    /// Elements lie too deep in each other.
    case tooDeep
    /// There are too many elements.
    case tooLong
}

/// Reads XML as services answer with it, by expat.
///
/// Nothing outside the document is ever looked at, and what is kept of it is not larger than the document by more than a factor.
enum XMLReader {
    /// How deep elements may lie in each other.
    static let depth = 16
    /// How many elements there may be.
    static let elementCount = 200_000

    /// Reads a document.
    ///
    /// - Parameter bytes: the document; white space before its first line, which services send to keep connections alive, is passed over.
    /// - Throws: `XMLFault`.
    static func read(_ bytes: [UInt8]) throws(XMLFault) -> XMLElement {
        let document = bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard document.count <= Int32.max, let parser = XML_ParserCreate(nil) else { throw .malformed }
        defer { XML_ParserFree(parser) }
        let builder = XMLBuilder(parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser,
            { builder, name, _ in XMLBuilder.of(builder)?.start(name) },
            { builder, _ in XMLBuilder.of(builder)?.end() })
        XML_SetCharacterDataHandler(parser) { XMLBuilder.of($0)?.add($1, $2) }
        XML_SetStartDoctypeDeclHandler(parser) { builder, _, _, _, _ in
            XMLBuilder.of(builder)?.stop(.documentType)
        }
        let status = document.withUnsafeBytes { buffer in
            withExtendedLifetime(builder) {
                XML_Parse(
                    parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), 1)
            }
        }
        if let fault = builder.fault { throw fault }
        guard status == XML_STATUS_OK, let root = builder.root else { throw .malformed }
        return root
    }
}

/// Puts elements together while expat reads.
private final class XMLBuilder {
    private let parser: XML_Parser
    /// The elements that have not ended, with their text so far.
    private var open: [(element: XMLElement, text: [UInt8])] = []
    private var count = 0
    private(set) var root: XMLElement?
    private(set) var fault: XMLFault?

    init(_ parser: XML_Parser) { self.parser = parser }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> XMLBuilder? {
        pointer.map { Unmanaged<XMLBuilder>.fromOpaque($0).takeUnretainedValue() }
    }

    func stop(_ fault: XMLFault) {
        if self.fault == nil { self.fault = fault }
        XML_StopParser(parser, 0)
    }

    func start(_ name: UnsafePointer<CChar>?) {
        guard fault == nil, let name else { return }
        count += 1
        if open.count == XMLReader.depth { return stop(.tooDeep) }
        if count > XMLReader.elementCount { return stop(.tooLong) }
        let full = String(cString: name)
        let colon = full.utf8.lastIndex(of: UInt8(ascii: ":"))
        let local = colon.map { String(full[full.utf8.index(after: $0)...]) } ?? full
        open.append((XMLElement(name: local), []))
    }

    func add(_ text: UnsafePointer<CChar>?, _ count: Int32) {
        guard fault == nil, let text, !open.isEmpty else { return }
        open[open.count - 1].text += UnsafeRawBufferPointer(start: text, count: Int(count))
    }

    func end() {
        guard fault == nil, let last = open.popLast() else { return }
        var element = last.element
        if element.children.isEmpty { element.text = String(decoding: last.text, as: UTF8.self) }
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].element.children.append(element)
        }
    }
}
