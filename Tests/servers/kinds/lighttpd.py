"""lighttpd, for what nginx does not have: digest authentication. It serves STATE/files, read only."""
import hashlib
import os

USER, PASSWORD, REALM = "reader", "secret of the reader", "cairn"
SETTINGS = """
server.modules = ("mod_auth", "mod_authn_file", "mod_dirlisting")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{state}/files"
server.errorlog = "{state}/log/error.log"
dir-listing.activate = "enable"
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "{state}/etc/passwords"
auth.require = ("" => ("method" => "digest", "algorithm" => "MD5|SHA-256", "realm" => "{realm}", "require" => "valid-user"))
"""


def start(server):
    os.makedirs(server.path("files"), exist_ok=True)
    lines = []
    for name in ("md5", "sha256"):
        digest = hashlib.new(name, ":".join((USER, REALM, PASSWORD)).encode()).hexdigest()
        lines.append("%s:%s:%s\n" % (USER, REALM, digest))
    server.write("etc/passwords", "".join(lines))
    port = server.port()
    settings = server.write("etc/lighttpd.conf", SETTINGS.format(port=port, state=server.state, realm=REALM))
    server.spawn("lighttpd", "lighttpd", "-D", "-f", settings)
    server.wait_http("http://127.0.0.1:%d/" % port, 30)
    return {"DIGEST_URL": "http://127.0.0.1:%d" % port, "USER": USER, "PASSWORD": PASSWORD, "FILES": server.path("files")}
