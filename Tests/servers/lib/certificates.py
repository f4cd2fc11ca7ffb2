"""Certificates for localhost: one that an authority signed, which is made along with it, and one that nobody vouches for."""
import os

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
NAMES = "subjectAltName=DNS:localhost,DNS:bucket.localhost,IP:127.0.0.1"


def make_certificates(server):
    """Makes them if they are not there: (certificate, key) of each, and the file of the authority."""
    folder = server.path("tls")
    paths = {name: os.path.join(folder, name) for name in
             ("authority.pem", "authority.key", "trusted.pem", "trusted.key", "request", "strange.pem", "strange.key")}
    if not os.path.exists(paths["strange.pem"]):
        os.makedirs(folder, exist_ok=True)
        make(server, paths)
    return ((paths["trusted.pem"], paths["trusted.key"]), (paths["strange.pem"], paths["strange.key"]),
            paths["authority.pem"])


def make(server, paths):
    server.call("openssl", "req", "-x509", *KEY, "-keyout", paths["authority.key"], "-out", paths["authority.pem"],
                "-days", "30", "-subj", "/CN=Authority of the tests", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign")
    server.call("openssl", "req", *KEY, "-keyout", paths["trusted.key"], "-out", paths["request"], "-subj", "/CN=localhost")
    names = server.write("tls/names", NAMES + "\n")
    server.call("openssl", "x509", "-req", "-in", paths["request"], "-CA", paths["authority.pem"], "-CAkey",
                paths["authority.key"], "-CAcreateserial", "-days", "30", "-extfile", names, "-out", paths["trusted.pem"])
    server.call("openssl", "req", "-x509", *KEY, "-keyout", paths["strange.key"], "-out", paths["strange.pem"],
                "-days", "30", "-subj", "/CN=localhost", "-addext", NAMES)
