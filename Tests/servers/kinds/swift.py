"""OpenStack Swift on one node with its S3 API: the second opinion, written by others and stricter, and slow with small objects.

The objects lie in STATE/data and outlive a stop. What is particular: access keys have a colon; an unknown one is answered as a
wrong secret; another region than us-east-1 in a signature is refused; names of buckets have to be names of hosts.
"""
import os

from supervisor import TOOLS, CannotStart

KINDS = ("account", "container", "object")
HASH = """
[swift-hash]
swift_hash_path_prefix = cairn
swift_hash_path_suffix = tests
[storage-policy:0]
name = default
default = yes
"""
COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {state}/etc
log_level = WARNING
log_udp_host =
"""
STORAGE = COMMON + """
devices = {state}/data
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
recon_cache_path = {state}/cache
"""
PROXY = COMMON + """
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache bulk s3api tempauth symlink slo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache_port}
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
storage_domain = localhost
max_upload_part_num = 10000
[filter:tempauth]
use = egg:swift#tempauth
user_cairn_owner = owner+secret .admin
user_elsewhere_other = other+secret .admin
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:symlink]
use = egg:swift#symlink
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
"""
# Run by Swift's own interpreter: says where each kind of server listens.
RINGS = """
import sys
from swift.common.ring import RingBuilder
for argument in sys.argv[2:]:
    kind, port = argument.split("=")
    ring = RingBuilder(4, 1, 1)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "ip": "127.0.0.1", "port": int(port), "device": "disk"})
    ring.rebalance()
    ring.get_ring().save("%s/%s.ring.gz" % (sys.argv[1], kind))
"""


def start(server):
    bin = os.path.join(TOOLS, "swift", "bin")
    if not os.path.exists(bin):
        raise CannotStart("no %s: run Tests/servers/install" % bin)
    for name in ("data/disk", "cache"):
        os.makedirs(server.path(name), exist_ok=True)
    needs_attributes(server.path("data", "probe"))
    values = {"state": server.state, "user": "root" if os.geteuid() == 0 else os.environ.get("USER", str(os.geteuid()))}
    port, cache_port = server.port(), server.port()
    ports = {kind: server.port() for kind in KINDS}

    server.write("etc/swift.conf", HASH)
    server.call(os.path.join(bin, "python"), "-c", RINGS, server.path("etc"), *("%s=%d" % item for item in ports.items()))
    user = ["-u", "root"] if os.geteuid() == 0 else []
    server.spawn("memcached", "memcached", "-l", "127.0.0.1", "-p", str(cache_port), "-U", "0", "-m", "32", *user)
    for kind in KINDS:
        settings = server.write("etc/%s.conf" % kind, STORAGE.format(kind=kind, port=ports[kind], **values))
        server.spawn(kind, os.path.join(bin, "swift-%s-server" % kind), settings, "-v")
    settings = server.write("etc/proxy.conf", PROXY.format(port=port, cache_port=cache_port, **values))
    server.spawn("proxy", os.path.join(bin, "swift-proxy-server"), settings, "-v")
    for each in (cache_port, *ports.values()):
        server.wait_port(each)
    server.wait_http("http://127.0.0.1:%d/healthcheck" % port)
    return {
        "S3_ENDPOINT": "http://127.0.0.1:%d" % port,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY_ID": "cairn:owner",
        "S3_SECRET_ACCESS_KEY": "owner+secret",
        "S3_OTHER_ACCESS_KEY_ID": "elsewhere:other",
        "S3_OTHER_SECRET_ACCESS_KEY": "other+secret",
    }


def needs_attributes(probe):
    """Swift keeps what it knows of an object in attributes of its file."""
    with open(probe, "w"):
        pass
    try:
        os.setxattr(probe, "user.swift.metadata", bytes(3000))
    except OSError as error:
        raise CannotStart("files in %s cannot have attributes of users: %s" % (os.path.dirname(probe), error.strerror))
    finally:
        os.unlink(probe)
