// swift-tools-version: 6.2
import PackageDescription

let swiftRules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]
/// The C targets are the product's inner loops: a debug build that runs them at -O0 makes the tests ten times slower.
let cRules: [CSetting] = [
    .unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftRules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: swiftRules)
}

let package = Package(
    name: "cairn",
    products: [
        .executable(name: "cairn", targets: ["CairnCLI"]),
        .executable(name: "cairn-bench", targets: ["CairnBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),

        .target(name: "CKernels", cSettings: cRules),
        .target(name: "CLinux", cSettings: cRules),
        .target(name: "CGitStart", cSettings: cRules),
        .target(name: "CLibCurl", cSettings: cRules),

        library("CairnCore", ["CKernels", "CLibCrypto"]),
        library(
            "CairnSystem", ["CairnCore", "CLinux", .product(name: "SystemPackage", package: "swift-system")]),
        library("CairnFormats", ["CairnSystem", "CairnCore", .product(name: "Yams", package: "Yams")]),
        library("CairnStore", ["CairnSystem", "CairnCore", "CSQLite", "CZstd", "CZlib"]),
        library("CairnGit", ["CairnSystem", "CairnCore", "CLibGit2", "CGitStart"]),
        library("CairnRemote", ["CairnSystem", "CairnCore", "CLibCurl", "CExpat"]),

        library("CairnPipeline", ["CairnFormats", "CairnSystem", "CairnCore"]),

        library(
            "Cairn",
            [
                "CairnPipeline", "CairnFormats", "CairnStore", "CairnGit", "CairnRemote", "CairnTransfer",
                "CairnSystem",
                "CairnCore",
            ]),
        library("CairnTransfer", ["CairnStore", "CairnRemote", "CairnSystem", "CairnCore"]),
        .executableTarget(
            name: "CairnCLI",
            dependencies: [
                "Cairn", "CairnSystem", "CairnCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftRules),

        .executableTarget(
            name: "CairnBench", dependencies: ["CairnStore", "CairnSystem", "CairnCore"],
            swiftSettings: swiftRules),

        tests("CairnCoreTests", ["CairnCore", "CKernels", "CLibCrypto", "CairnTestSupport"]),
        tests("CairnSystemTests", ["CairnSystem", "CairnTestSupport"]),
        tests("CairnFormatsTests", ["CairnFormats", "CairnTestSupport"]),
        tests(
            "CairnPipelineTests",
            ["CairnPipeline", "CairnFormats", "CairnSystem", "CairnCore", "CairnTestSupport"]),
        tests("CairnStoreTests", ["CairnStore", "CairnTestSupport"]),
        tests("CairnGitTests", ["CairnGit", "CairnTestSupport"]),
        tests(
            "CairnTransferTests",
            ["CairnTransfer", "CairnStore", "CairnRemote", "CairnSystem", "CairnCore", "CairnTestSupport"]),
        tests("CairnTests", ["Cairn", "CairnStore", "CairnSystem", "CairnCore", "CairnTestSupport"]),

        .target(
            name: "CairnTestSupport", dependencies: ["CairnRemote"], path: "Tests/CairnTestSupport",
            swiftSettings: swiftRules),
        tests("ArchitectureTests", ["CairnTestSupport"]),
        tests(
            "CairnCLITests",
            ["CairnCLI", "CairnStore", "CairnSystem", "CairnCore", "CairnTestSupport"]),
        tests("CairnRemoteTests", ["CairnRemote", "CairnSystem", "CairnTestSupport"]),
        tests("CairnBenchTests", ["CairnBench", "CairnTestSupport"]),
    ]
)
