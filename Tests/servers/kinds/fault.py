"""A proxy before a server of this machine, which does harm on request: see lib/proxy.py.

Options: upstream=HOST:PORT.
"""
import os
import sys

from supervisor import CannotStart

PROXY = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "lib", "proxy.py")


def start(server):
    # Without an upstream it can be started all the same, as the installation does, and answers nothing.
    upstream = server.options.get("upstream", "127.0.0.1:1")
    if not upstream.rpartition(":")[2].isdigit():
        raise CannotStart("upstream is to be HOST:PORT")
    port, control = server.port(), server.port()
    server.spawn("proxy", sys.executable, PROXY, str(port), str(control), upstream)
    server.wait_port(control)
    return {"PROXY_URL": "http://127.0.0.1:%d" % port, "PROXY": "127.0.0.1:%d" % port,
            "CONTROL_URL": "http://127.0.0.1:%d" % control}
