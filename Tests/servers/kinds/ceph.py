"""Ceph's RADOS gateway over one monitor and one OSD that keeps everything in memory: every start begins with nothing.

The main S3 server of the tests. What is particular: pages of a listing may be shorter than asked for and yet not the last;
If-Match is refused even with the right ETag; any region is taken; over TLS, uploads need a Content-Length.
"""
import os
import shutil
import uuid

from supervisor import CannotStart

# name: access key, secret key
USERS = {
    "owner": ("CAIRNTESTOWNER000001", "owner/secret+key"),
    "other": ("CAIRNTESTOTHER000001", "other/secret+key"),
}
GLOBAL = """
fsid = {fsid}
mon_host = v2:127.0.0.1:{mon_port}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_msgr1 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc secure
run_dir = {state}/run
admin_socket =
heartbeat_file =
log_file = /dev/null
log_to_stderr = true
mon_cluster_log_to_file = false
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
mon_tick_interval = 1
paxos_propose_interval = 0.02
paxos_min_wait = 0.005
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
"""
OSD = """
osd_data = {state}/osd
osd_uuid = {fsid}
osd_objectstore = memstore
memstore_device_bytes = 12884901888
osd_class_load_list = *
osd_class_default_list = *
osd_min_pg_log_entries = 10
osd_max_pg_log_entries = 10
"""
GATEWAY = """
rgw_data = {state}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_dns_name = localhost
rgw_thread_pool_size = 64
rgw_run_sync_thread = false
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_crypt_require_ssl = false
"""


def start(server):
    if os.geteuid():
        raise CannotStart("Ceph's packages need root")
    for name in ("mon", "osd", "rgw", "run"):
        shutil.rmtree(server.path(name), ignore_errors=True)
        os.makedirs(server.path(name))
    port, mon_port = server.port(), server.port()
    values = {"fsid": uuid.uuid4(), "state": server.state, "port": port, "mon_port": mon_port}
    sections = {"global": GLOBAL, "mon.a": "\nmon_data = {state}/mon\n", "osd.0": OSD, "client.rgw": GATEWAY}
    settings = server.write("etc/ceph.conf", "".join(
        "[%s]%s" % (name, text.format(**values)) for name, text in sections.items()))

    monitors = server.path("etc/monmap")
    server.call("monmaptool", "--create", "--clobber", "--fsid", str(values["fsid"]), "--enable-all-features", "--addv", "a",
                "[v2:127.0.0.1:%d]" % mon_port, monitors)
    server.call("ceph-mon", "-c", settings, "-i", "a", "--mkfs", "--monmap", monitors)
    server.spawn("mon", "ceph-mon", "-c", settings, "-i", "a", "-f")
    server.wait_port(mon_port)
    server.call("ceph", "-c", settings, "osd", "new", str(values["fsid"]), "0")
    server.call("ceph-osd", "-c", settings, "-i", "0", "--mkfs")
    server.spawn("osd", "ceph-osd", "-c", settings, "-i", "0", "-f")
    server.spawn("rgw", "radosgw", "-c", settings, "-n", "client.rgw", "-f")
    server.wait_http("http://127.0.0.1:%d/" % port, 90)
    for name, (key, secret) in USERS.items():
        server.call("radosgw-admin", "-c", settings, "-n", "client.rgw", "user", "create", "--uid", name, "--display-name", name,
                    "--access-key", key, "--secret-key", secret)
    return {
        "S3_ENDPOINT": "http://127.0.0.1:%d" % port,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY_ID": USERS["owner"][0],
        "S3_SECRET_ACCESS_KEY": USERS["owner"][1],
        "S3_OTHER_ACCESS_KEY_ID": USERS["other"][0],
        "S3_OTHER_SECRET_ACCESS_KEY": USERS["other"][1],
        "S3_OTHER_ARN": "arn:aws:iam:::user/other",
    }
