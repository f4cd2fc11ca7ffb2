extension ConfigSchema {
    static let plainSections: [(name: String, options: [Option])] = [
        ("core", core), ("cache", cache), ("state", state),
        ("index", [Option("dir", deprecated: true)]),
        ("feature", [Option("machine", .bool, default: "false")]),
        (
            "plots",
            [Option("html_template"), Option("auto_open", .bool, default: "false"), Option("out_dir")]
        ),
        (
            "exp",
            ["code", "data", "models", "metrics", "params", "plots", "live"].map {
                Option($0, deprecated: true)
            }
                + [Option("auto_push", .bool), Option("git_remote")]
        ),
        (
            "parsing",
            [
                Option("bool", .choice(["store_true", "boolean_optional"])),
                Option("list", .choice(["nargs", "append"])),
            ]
        ),
        (
            "hydra",
            [
                Option("enabled", .bool, default: "false"), Option("config_dir"), Option("config_module"),
                Option("config_name"), Option("plugins_path"),
            ]
        ),
        (
            "studio",
            [Option("token"), Option("url"), Option("repo_url"), Option("offline", .bool, default: "false")]
        ),
        ("cairn", [Option("format", .choice(["native"])), Option("id")]),
    ]

    private static let core = [
        Option("remote", .lowercase), Option("checksum_jobs", .count),
        Option("interactive", .bool, default: "false"),
        Option("analytics", .bool, default: "true"), Option("hardlink_lock", .bool, default: "false"),
        Option("no_scm", .bool, default: "false"), Option("autostage", .bool, default: "false"),
        Option("experiments", .bool, deprecated: true), Option("check_update", .bool, default: "true"),
        Option("site_cache_dir"), Option("machine", .lowercase),
    ]

    private static let local = [
        Option("type", .linkTypes), Option("protected", .bool, default: "false", deprecated: true),
        Option("shared", .choice(["group"])), Option("slow_link_warning", .bool, default: "true"), verify,
    ]

    private static let cache =
        ["local", "s3", "gs", "hdfs", "webhdfs", "ssh", "azure"].map { Option($0, deprecated: true) }
        + [Option("dir", path: true)] + local

    private static let state = [
        Option("dir", deprecated: true), Option("row_limit", .count, deprecated: true),
        Option("row_cleanup_quota", .integer(minimum: 0, maximum: 100), deprecated: true),
    ]

    private static let verify = Option("verify", .bool, default: "false")

    private static let common = [
        Option("url", path: true), Option("checksum_jobs", .count), Option("jobs", .count),
        Option("worktree", .bool),
        Option("no_traverse", .bool, deprecated: true), Option("version_aware", .bool),
    ]

    static let localRemote = local + common

    /// The options of remotes by the scheme of their URL.
    static let remotes: [String: [Option]] = [
        "s3": s3 + common, "gs": googleStorage + common, "ssh": ssh + common, "hdfs": hdfs + common,
        "webhdfs": webHDFS + common, "azure": azure + common, "oss": oss + common,
        "gdrive": googleDrive + common,
        "http": http + common, "https": http + common, "webdav": webDAV + common, "webdavs": webDAV + common,
        // The options of the remote that it is based on decide: they are looked at when it is used.
        "remote": [Option("url"), Option("*", .any)],
    ]

    private static let s3 =
        [
            Option("region"), Option("profile"), Option("credentialpath", path: true),
            Option("configpath", path: true),
            Option("endpointurl"), Option("access_key_id"), Option("secret_access_key"),
            Option("session_token"),
            Option("listobjects", .bool, default: "false", deprecated: true),
            Option("use_ssl", .bool, default: "true"),
            Option("allow_anonymous_login", .bool, default: "false"),
            Option("ssl_verify", .boolOrString),
        ]
        + [
            "sse", "sse_kms_key_id", "sse_customer_algorithm", "sse_customer_key", "acl", "grant_read",
            "grant_read_acp", "grant_write_acp", "grant_full_control",
        ].map { Option($0) } + [
            Option("cache_regions", .never("bool")), Option("read_timeout", .integer),
            Option("connect_timeout", .integer), verify,
        ]

    private static let googleStorage = [
        Option("projectname"), Option("credentialpath", path: true), Option("endpointurl"), verify,
        Option("allow_anonymous_login", .bool, default: "false"),
    ]

    private static let ssh = [
        Option("type", .linkTypes), Option("port", .integer), Option("user"), Option("password"),
        Option("ask_password", .bool), Option("passphrase"), Option("ask_passphrase", .bool),
        Option("keyfile", path: true), Option("timeout", .integer), Option("gss_auth", .bool),
        Option("allow_agent", .bool), Option("max_sessions", .integer), verify,
    ]

    private static let hdfs = [Option("user"), Option("kerb_ticket"), Option("replication", .never("int"))]

    private static let webHDFS = [
        Option("kerberos", .bool), Option("kerberos_principal"), Option("proxy_to"),
        Option("ssl_verify", .boolOrString),
        Option("token"), Option("use_https", .bool), Option("user"), Option("password"),
        Option("data_proxy_target"),
        verify,
    ]

    private static let azure =
        [
            "connection_string", "sas_token", "account_name", "account_key", "tenant_id", "client_id",
            "client_secret",
        ]
        .map { Option($0) }
        + [
            "allow_anonymous_login", "exclude_environment_credential",
            "exclude_visual_studio_code_credential",
            "exclude_shared_token_cache_credential", "exclude_managed_identity_credential",
        ].map { Option($0, .bool) } + [verify]
        + ["timeout", "read_timeout", "connection_timeout"].map { Option($0, .integer) }

    private static let oss = [
        Option("oss_key_id"), Option("oss_key_secret"), Option("oss_endpoint"),
        Option("verify", .bool, default: "true"),
    ]

    private static let googleDrive = [
        Option("profile"), Option("gdrive_use_service_account", .bool), Option("gdrive_client_id"),
        Option("gdrive_client_secret"), Option("gdrive_user_credentials_file", path: true),
        Option("gdrive_service_account_user_email"),
        Option("gdrive_service_account_json_file_path", path: true),
        Option("gdrive_trash_only", .bool, default: "false"),
        Option("gdrive_acknowledge_abuse", .bool, default: "false"), Option("verify", .bool, default: "true"),
    ]

    private static let http = [
        Option("auth", .choice(["basic", "digest", "custom"])), Option("custom_auth_header"), Option("user"),
        Option("password"), Option("ask_password", .bool), Option("ssl_verify", .boolOrString),
        Option("method"),
        Option("connect_timeout", .number(minimum: 0)), Option("read_timeout", .number(minimum: 0)), verify,
    ]

    private static let webDAV = [
        Option("user"), Option("password"), Option("ask_password", .bool), Option("token"),
        Option("bearer_token_command"), Option("custom_auth_header"), Option("cert_path", path: true),
        Option("key_path", path: true), Option("timeout", .integer), Option("ssl_verify", .boolOrString),
        verify,
    ]

    static let machine = [
        Option("cloud", .choice(["aws", "azure"])),
        Option("region", .choice(["us-west", "us-east", "eu-west", "eu-north"])), Option("image"),
        Option("spot", .bool), Option("spot_price", .number(minimum: nil)),
        Option("instance_hdd_size", .integer),
        Option("instance_type", .lowercase), Option("instance_gpu", .lowercase), Option("ssh_private"),
        Option("startup_script", path: true), Option("setup_script", path: true),
    ]

    static let database = [Option("url"), Option("username"), Option("password")]
}
