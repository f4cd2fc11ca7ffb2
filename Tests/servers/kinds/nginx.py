"""nginx, with a certificate that an authority of its own signed: one folder, STATE/files, in several ways, all read only.

Options: upstream=HOST:PORT puts a front with TLS before that server; the bodies pass through it as they come.
"""
import os

from certificates import make_certificates

SETTINGS = """
{user}
daemon off;
worker_processes 1;
pid {state}/nginx.pid;
error_log {state}/log/error.log warn;
events {{ worker_connections 512; }}
http {{
    access_log {state}/log/access.log;
    default_type application/octet-stream;
    client_body_temp_path {state}/tmp/body;
    proxy_temp_path {state}/tmp/proxy;
    fastcgi_temp_path {state}/tmp/fastcgi;
    uwsgi_temp_path {state}/tmp/uwsgi;
    scgi_temp_path {state}/tmp/scgi;
    client_max_body_size 0;
    keepalive_requests 100000;
    root {state}/files;
    autoindex on;
    server {{ listen 127.0.0.1:{http}; }}
    server {{ listen 127.0.0.1:{https} ssl http2; {trusted} }}
    server {{ listen 127.0.0.1:{untrusted} ssl; {strange} }}
    server {{
        listen 127.0.0.1:{basic};
        auth_basic "cairn"; auth_basic_user_file {state}/etc/passwords;
    }}
    server {{
        listen 127.0.0.1:{token};
        if ($http_authorization != "Bearer token-of-the-tests") {{ return 401; }}
    }}
    server {{
        listen 127.0.0.1:{header};
        if ($http_x_api_key != "key-of-the-tests") {{ return 403; }}
    }}
    server {{
        listen 127.0.0.1:{redirect};
        location / {{ return 302 http://127.0.0.1:{http}$request_uri; }}
        location /loop/ {{ return 302 http://127.0.0.1:{redirect}$request_uri; }}
    }}
    {front}
}}
"""
FRONT = """
    server {{
        listen 127.0.0.1:{port} ssl; {trusted}
        location / {{
            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_read_timeout 600;
        }}
    }}
"""


def start(server):
    trusted, strange, authority = make_certificates(server)
    for name in ("files", "tmp"):
        os.makedirs(server.path(name), exist_ok=True)
    password = server.call("openssl", "passwd", "-apr1", "secret of the reader").strip()
    server.write("etc/passwords", "reader:%s\n" % password)
    names = ("https", "http", "untrusted", "basic", "token", "header", "redirect")
    ports = {name: server.port() for name in names}

    def files(pair):
        return "ssl_certificate %s; ssl_certificate_key %s;" % pair
    front, front_port = "", server.port()
    if "upstream" in server.options:
        front = FRONT.format(port=front_port, trusted=files(trusted), upstream=server.options["upstream"])
    settings = server.write("etc/nginx.conf", SETTINGS.format(
        user="user root;" if os.geteuid() == 0 else "", state=server.state, trusted=files(trusted), strange=files(strange),
        front=front, **ports))
    server.spawn("nginx", "nginx", "-c", settings, "-e", server.path("log/error.log"))
    server.wait_port(ports["http"], 30)
    lines = {
        "HTTP_URL": "http://127.0.0.1:%d" % ports["http"],
        "HTTPS_URL": "https://localhost:%d" % ports["https"],
        "UNTRUSTED_URL": "https://localhost:%d" % ports["untrusted"],
        "BASIC_URL": "http://127.0.0.1:%d" % ports["basic"],
        "TOKEN_URL": "http://127.0.0.1:%d" % ports["token"],
        "HEADER_URL": "http://127.0.0.1:%d" % ports["header"],
        "REDIRECT_URL": "http://127.0.0.1:%d" % ports["redirect"],
        "USER": "reader",
        "PASSWORD": "secret of the reader",
        "TOKEN": "token-of-the-tests",
        "HEADER": "X-Api-Key: key-of-the-tests",
        "CA_BUNDLE": authority,
        "FILES": server.path("files"),
        "ACCESS_LOG": server.path("log/access.log"),
    }
    if front:
        lines["S3_ENDPOINT"] = "https://localhost:%d" % front_port
    return lines
