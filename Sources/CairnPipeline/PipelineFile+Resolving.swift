import CairnCore
public import CairnFormats

extension PipelineFile {
    /// The pipeline with every template filled in: all stages that it has, in the order of the file.
    ///
    /// Parameter files are only read if there is a template or `vars`; a pipeline without costs no more than a copy.
    ///
    /// - Parameters:
    ///   - source: where parameter files come from.
    ///   - settings: how mappings become options of commands.
    /// - Throws: `FormatsError` with line and column for templates that are not closed, that name what there is not, or that bring a value
    ///   where it cannot stand; for `vars` that do not load or set something twice; for values that are of the wrong kind once filled in;
    ///   and for two stages with one name.
    public func resolved(
        with source: some ParameterSource, settings: TemplateSettings = TemplateSettings()
    ) throws(FormatsError) -> ResolvedPipeline {
        var resolver = PipelineResolver(file: self, source: source, settings: settings)
        return try resolver.run()
    }
}

/// Fills in the templates of a pipeline file.
private struct PipelineResolver<Source: ParameterSource> {
    let file: PipelineFile
    let source: Source
    let settings: TemplateSettings
    /// What everything is filled in from; `nil` until something needs it.
    private var filler: TemplateFiller?
    private var stages: [StageDefinition] = []
    private var groups: [ResolvedPipeline.Group] = []

    init(file: PipelineFile, source: Source, settings: TemplateSettings) {
        self.file = file
        self.source = source
        self.settings = settings
    }

    private var document: YAMLDocument { file.document }

    mutating func run() throws(FormatsError) -> ResolvedPipeline {
        if !file.variables.isEmpty { filler = try loadedFiller() }
        let top = try top()
        stages.reserveCapacity(file.stages.count)
        for stage in file.stages { try add(stage) }
        if !groups.isEmpty { try checkNames() }
        return ResolvedPipeline(
            stages: stages, groups: groups, top: top, used: filler?.used.requests ?? [])
    }

    private func loadedFiller() throws(FormatsError) -> TemplateFiller {
        if let filler { return filler }
        let variables = document.root.flatMap { value("vars", of: $0) }.flatMap(document.items(of:)) ?? []
        let context = try TemplateContext(variables: variables, of: document, from: source)
        return TemplateFiller(document: document, settings: settings, context: context)
    }

    private func value(_ key: String, of node: YAMLNode) -> YAMLNode? {
        document.pairs(of: node)?.first { $0.name?.hasSameBytes(as: key) == true }?.value
    }

    /// What stands beside the stages, filled in.
    private mutating func top() throws(FormatsError) -> PipelineTop {
        guard let root = document.root else { return file.top }
        let pairs = (document.pairs(of: root) ?? []).filter { PipelineTop.keys.contains($0.name ?? "") }
        guard pairs.contains(where: { document.hasTemplate($0.value) }) else { return file.top }
        var filler = try loadedFiller()
        var filled: [(key: YAMLNode, keyValue: YAMLValue, value: YAMLNode)] = []
        for pair in pairs {
            do throws(FillFault) {
                filled.append((pair.key, pair.keyValue, try filler.fill(pair.value, as: .free)))
            } catch { throw error.error(in: document, label: pair.name ?? "") }
        }
        // Only what stages use counts as used.
        if self.filler == nil { self.filler = filler.unused() }
        return try PipelineTop(reading: YAMLNode(pairs: filled, at: root.range), of: document)
    }

    /// Adds the stages of a definition.
    private mutating func add(_ stage: PipelineStage) throws(FormatsError) {
        if stage.generation == nil, stage.templateMarks == .none, stage.variables.isEmpty {
            return stages.append(StageDefinition(stage, group: nil))
        }
        var filler = try loadedFiller()
        defer { self.filler = filler }
        guard let generation = stage.generation else {
            return stages.append(try filled(stage, name: stage.name, stage.node, with: &filler))
        }
        let label = "stages.\(stage.name.shown)"
        var body = stage.node
        var iterations: [TemplateFiller.Iteration] = []
        do throws(FillFault) {
            switch generation {
            case .foreach:
                if let inner = value("do", of: stage.node) { body = inner }
                if let data = value("foreach", of: stage.node) {
                    iterations = try filler.iterations(ofForeach: data)
                }
            case .matrix:
                if let data = value("matrix", of: stage.node) {
                    iterations = try filler.iterations(ofMatrix: data)
                }
            }
        } catch {
            let key = if case .matrix = generation { "matrix" } else { "foreach" }
            throw error.error(in: document, label: "\(label).\(key)")
        }
        var names: [String] = []
        for iteration in iterations {
            let name = "\(stage.name)@\(iteration.key)"
            filler.context.bind(iteration.bound)
            stages.append(try filled(stage, name: name, body, with: &filler))
            names.append(name)
        }
        filler.context.bind([])
        groups.append(ResolvedPipeline.Group(name: stage.name, stages: names))
    }

    /// One stage with its templates filled in.
    private func filled(
        _ stage: PipelineStage, name: String, _ body: YAMLNode, with filler: inout TemplateFiller
    ) throws(FormatsError) -> StageDefinition {
        let label = "stages.\(name.shown)"
        let common = filler.context
        defer { filler.context = common }
        let pairs = document.pairs(of: body) ?? []
        if let variables = value("vars", of: body).flatMap(document.items(of:)), !variables.isEmpty {
            let folder = try folder(of: body, label: label, with: &filler)
            try filler.context.load(
                variables, label: "\(label).vars", folder: folder, of: document, from: source)
        }
        filler.hasChanged = false
        var filled: [(key: YAMLNode, keyValue: YAMLValue, value: YAMLNode)] = []
        for pair in pairs where pair.name != "vars" && pair.name != "matrix" {
            let place: TemplateFiller.Place =
                switch pair.name {
                case "cmd": .command
                case "desc": .text
                case "meta": .meta
                default: .plain
                }
            do throws(FillFault) {
                filled.append((pair.key, pair.keyValue, try filler.fill(pair.value, as: place)))
            } catch { throw error.error(in: document, label: "\(label).\(pair.name ?? "")") }
        }
        let read = try PipelineStage(
            name: name, key: stage.key, reading: YAMLNode(pairs: filled, at: body.range), of: document,
            mayHaveTemplates: false)
        var definition = StageDefinition(read, group: stage.generation == nil ? nil : stage.name)
        definition.isTemplated =
            stage.generation != nil || filler.hasChanged || !stage.variables.isEmpty
        return definition
    }

    /// The working directory of a stage, which files in its `vars` are relative to: its own `vars` are not known yet.
    private func folder(
        of body: YAMLNode, label: String, with filler: inout TemplateFiller
    ) throws(FormatsError) -> String? {
        guard let node = value("wdir", of: body), let text = document.value(of: node).text else { return nil }
        do throws(TemplateFault) {
            let value = try filler.fillUntracked(text)
            return TemplateText.inline(value)
        } catch {
            let reason =
                "\(error.reason) (the stage's own vars are read from its wdir, so they are not known here)"
            let fault = TemplateFault(reason, in: error.piece)
            throw FillFault(fault: fault, node: node).error(in: document, label: "\(label).wdir")
        }
    }

    /// Refuses a name that two definitions make.
    private func checkNames() throws(FormatsError) {
        var seen: Set<YAMLValue> = []
        for stage in stages where !seen.insert(.string(stage.name)).inserted {
            guard let written = file.stages.first(where: { $0.name == stage.group ?? stage.name }) else {
                continue
            }
            throw document.error(at: written.key, "there are two stages '\(stage.name.shown)'")
        }
    }
}

extension StageDefinition {
    /// Takes a stage whose templates are filled in, if it had any.
    fileprivate init(_ stage: PipelineStage, group: String?) {
        self.init(
            name: stage.name, group: group, command: stage.command ?? .text(""),
            workingDirectory: stage.workingDirectory, dependencies: stage.dependencies,
            parameters: ParameterRequest.gather(stage.parameters), outputs: stage.outputs,
            isFrozen: stage.isFrozen, isAlwaysChanged: stage.isAlwaysChanged,
            description: stage.description, meta: stage.meta, isTemplated: false, location: stage.location)
    }
}

extension YAMLDocument {
    fileprivate func hasTemplate(_ node: YAMLNode) -> Bool { templateMarks(in: node) != .none }
}

extension TemplateFiller {
    /// The same with nothing used yet.
    fileprivate func unused() -> TemplateFiller {
        var result = self
        result.used = UsedParameters()
        return result
    }
}

extension String {
    fileprivate var shown: String { Array(utf8).printable }
}
