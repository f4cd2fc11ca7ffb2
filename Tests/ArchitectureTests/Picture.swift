/// Which target may import what: the picture in docs/architecture.md as a table.
///
/// Of the modules of the toolchain, those in `pure` may be imported anywhere. The operating system (`Glibc`) is CairnSystem's alone, and
/// `Foundation` and the like cost start-up time: no target of ours imports them.
struct Picture {
    /// For each target of ours the modules outside the toolchain that it may import and depend on.
    let allowed: [String: Set<String>]
    /// Modules of the toolchain that do no input or output, read no clock and start no thread.
    let pure: Set<String>

    static let cairn = Picture(
        allowed: [
            "CairnCLI": ["Cairn", "ArgumentParser", "CairnCore", "CairnSystem"],
            "Cairn": [
                "CairnTransfer", "CairnPipeline", "CairnGit", "CairnRemote", "CairnStore", "CairnFormats",
                "CairnSystem", "CairnCore",
            ],
            "CairnTransfer": ["CairnStore", "CairnRemote", "CairnSystem", "CairnCore"],
            "CairnPipeline": ["CairnFormats", "CairnSystem", "CairnCore"],
            "CairnGit": ["CairnSystem", "CairnCore", "CLibGit2", "CGitStart"],
            "CairnRemote": ["CairnSystem", "CairnCore", "CLibCurl", "CExpat"],
            "CairnStore": ["CairnSystem", "CairnCore", "CSQLite", "CZstd", "CZlib"],
            "CairnFormats": ["CairnSystem", "CairnCore", "Yams", "CYaml", "TOMLKit"],
            "CairnSystem": ["CairnCore", "CLinux", "SystemPackage"],
            "CairnCore": ["CKernels", "CLibCrypto"],
            "CKernels": [], "CLinux": [], "CGitStart": [],
            "CLibGit2": [], "CLibCrypto": [], "CSQLite": [], "CLibCurl": [], "CExpat": [], "CZstd": [],
            "CZlib": [],
        ],
        pure: ["Swift", "_Concurrency", "Synchronization"])

    /// Targets that are not product code: they measure or test it and may import all of ours.
    static let free: Set<String> = ["CairnBench", "CairnTestSupport"]

    /// What is wrong with one target that depends on, or imports, these modules: one sentence each.
    ///
    /// - Parameter toolchain: whether a module comes with the toolchain.
    func violations(target: String, uses modules: Set<String>, toolchain: (String) -> Bool) -> [String] {
        guard let allowed = allowed[target] else { return ["\(target) is not in the picture"] }
        return modules.sorted().compactMap { module in
            if module == target || allowed.contains(module) { return nil }
            if toolchain(module) {
                return pure.contains(module) || (target == "CairnSystem" && module == "Glibc")
                    ? nil : "\(target) may not import \(module) of the toolchain"
            }
            return "\(target) may not use \(module)"
        }
    }

    /// Modules that are neither ours nor the toolchain's and that more than one target imports: one sentence each.
    func shared(imports: [String: Set<String>], toolchain: (String) -> Bool) -> [String] {
        var importers: [String: [String]] = [:]
        for (target, modules) in imports {
            for module in modules where !module.hasPrefix("Cairn") && !toolchain(module) {
                importers[module, default: []].append(target)
            }
        }
        return importers.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
            .map { "\($0.key) is imported by \($0.value.sorted().joined(separator: " and "))" }
    }
}
