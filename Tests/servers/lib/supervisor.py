"""Starts the processes of one server, watches them, and ends all of them whatever happens.

The process that supervises holds a lock on STATE/lock as long as it lives: that, and not the number of a process, says whether
the server runs. Its children ask the kernel to be killed when it dies.
"""
import ctypes
import fcntl
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

TOOLS = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../.build-tools"))
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)
# The servers of this machine are asked directly, whatever the environment says of proxies.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CannotStart(Exception):
    """Why a server does not start, in words."""


class Server:
    """One server while it is started: what the kinds use."""

    def __init__(self, state, port, options):
        self.state = state
        self.wanted_port = port
        self.options = options
        self.processes = []
        for folder in ("log", "etc"):
            os.makedirs(self.path(folder), exist_ok=True)

    def path(self, *parts):
        """The path of something in the state folder."""
        return os.path.join(self.state, *parts)

    def port(self):
        """A port that is free now: the wanted one at first. Those that outgoing connections take are left alone."""
        if self.wanted_port:
            port, self.wanted_port = self.wanted_port, 0
            return port
        while True:
            port = random.randrange(20000, 32000)
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue

    def write(self, relative, text):
        """Writes a file of the configuration; returns its path."""
        os.makedirs(os.path.dirname(self.path(relative)), exist_ok=True)
        with open(self.path(relative), "w") as file:
            file.write(text)
        return self.path(relative)

    def call(self, *command, environment=None):
        """Runs a step of the setup to its end."""
        with open(self.path("log", "setup.log"), "ab") as log:
            try:
                result = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, timeout=90,
                    preexec_fn=die_with(os.getpid()))
            except (OSError, subprocess.TimeoutExpired) as error:
                raise CannotStart("cannot run %s: %s" % (command[0], error))
            log.write(result.stdout)
        if result.returncode:
            raise CannotStart("%s failed\n%s" % (os.path.basename(command[0]), self.tail("setup")))
        return result.stdout.decode()

    def spawn(self, name, *command, environment=None):
        """Starts a process that runs as long as the server."""
        with open(self.path("log", name + ".log"), "ab") as log:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                    preexec_fn=die_with(os.getpid()))
            except OSError as error:
                raise CannotStart("cannot run %s: %s" % (command[0], error))
        self.processes.append((name, process))

    def wait_port(self, port, seconds=60):
        """Waits until something accepts connections."""
        self.wait(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), seconds)

    def wait_http(self, url, seconds=60):
        """Waits until something answers with whatever status."""
        def ask():
            try:
                direct.open(url, timeout=5).close()
            except urllib.error.HTTPError:
                pass
        self.wait(ask, seconds)

    def wait(self, attempt, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                return attempt()
            except OSError as error:
                problem = error
            self.check()
            if time.monotonic() > end:
                raise CannotStart("no answer within %d s: %s\n%s" % (seconds, problem, self.tail()))
            time.sleep(0.03)

    def check(self):
        """Fails if a process has ended."""
        for name, process in self.processes:
            if process.poll() is not None:
                raise CannotStart("%s ended with %d\n%s" % (name, process.returncode, self.tail(name)))

    def tail(self, name=None):
        """The last lines of a log: of the last process if none is named."""
        name = name or (self.processes[-1][0] if self.processes else "setup")
        with open(self.path("log", name + ".log"), errors="replace") as log:
            return "".join(log.readlines()[-20:]).rstrip()

    def stop(self):
        """Ends all processes, the last one first."""
        for _, process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + 5
        for _, process in self.processes:
            try:
                process.wait(max(0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []


def die_with(parent):
    """What a child does first: it asks to be killed when the thread that made it is gone, and looks whether it is already."""
    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


def run(start, state, port, options, until_eof, temporary):
    """Runs a server to its end; returns the exit code."""
    os.makedirs(state, exist_ok=True)
    lock = open(os.path.join(state, "lock"), "a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("a server runs in %s already" % state, file=sys.stderr)
        return 1
    forget(state)
    with open(os.path.join(state, "pid"), "w") as file:
        file.write(str(os.getpid()))
    # A signal becomes a byte in a pipe, so that one poll waits for all that may end this.
    waker, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    server = None
    try:
        server, lines = start_often(start, state, port, options)
        text = "".join("%s=%s\n" % item for item in lines.items())
        with open(os.path.join(state, "env.new"), "w") as file:
            file.write(text)
        os.rename(os.path.join(state, "env.new"), os.path.join(state, "env"))
        print(text, end="", flush=True)
        watch(server, waker, until_eof)
        return 0
    except CannotStart as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        forget(state)
        if server:
            server.stop()
        if temporary:
            shutil.rmtree(state, ignore_errors=True)


def start_often(start, state, port, options):
    """Somebody may take a port between the moment when it was found free and its use: then others are tried."""
    tries = 1 if port else 3
    for number in range(1, tries + 1):
        server = Server(state, port, options)
        try:
            return server, start(server)
        except CannotStart:
            server.stop()
            if number == tries:
                raise
        except BaseException:
            server.stop()
            raise


def watch(server, waker, until_eof):
    """Waits for a signal, or the end of the input, or of a process."""
    poll = select.poll()
    poll.register(waker, select.POLLIN)
    if until_eof:
        poll.register(0, select.POLLIN | select.POLLHUP)
    while True:
        ready = [file for file, _ in poll.poll()]
        if 0 in ready and until_eof and not os.read(0, 4096):
            return
        if waker in ready and any(number != signal.SIGCHLD for number in os.read(waker, 512)):
            return
        server.check()


def is_running(state):
    """Whether somebody holds the lock."""
    try:
        with open(os.path.join(state, "lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def forget(state):
    """Takes away what says that a server is up."""
    for name in ("env", "env.new"):
        try:
            os.unlink(os.path.join(state, name))
        except FileNotFoundError:
            pass


def end(state):
    """Ends the server of a state folder, and waits for that."""
    deadline = time.monotonic() + 20
    while is_running(state):
        with open(os.path.join(state, "pid")) as file:
            number = int(file.read() or 0)
        if number:
            os.kill(number, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.05)
