"""A proxy for loopback that does harm.

    proxy.py PORT CONTROL_PORT HOST:PORT

It passes requests of HTTP/1.1 on as they come, and bytes that are not HTTP (TLS) unread. It can be asked as a proxy as well
(`GET http://anywhere/`, CONNECT): everything goes to the one server behind it, whatever was named. The control port speaks HTTP:

    POST /rules   a JSON list of rules, which replaces the ones before and sets the counts to zero
    GET  /counts  what passed since then

A rule is an object. Which requests it is for (a connection with TLS counts as one request):

    method, path   the method; a piece of the path with its query
    skip, times    it passes so many of these at first, then concerns so many; without `times` all
    seconds        and those only that come within so many seconds after the first of them
    chance, seed   it concerns that part of them: 0.05 for five in a hundred; the same seed picks the same ones

What becomes of these; the first rule with harm in it counts, latencies and rates of all rules do:

    status, retry_after    the proxy answers, with that status, an error of S3's form and that header
    code                   the error's code; one that goes with the status if none is given
    refuse                 the connection is reset before anything passes
    reset_up, reset_down   it is reset after so many bytes of the request; of the answer
    close_down             it is closed in order after so many bytes of the answer
    stall_up, stall_down   nothing passes any more after so many bytes; it stays open
    corrupt                this byte of the answer's body gets all its bits turned
    latency                all of the answer comes so many milliseconds later
    rate                   at most so many bytes a second pass, each way
"""
import asyncio
import json
import random
import socket
import struct
import sys
import time

HARM = {"status", "refuse", "reset_up", "reset_down", "close_down", "stall_up", "stall_down", "corrupt"}
KNOWN = HARM | {"method", "path", "skip", "times", "seconds", "chance", "seed", "retry_after", "code", "latency", "rate"}
CODES = {400: "BadRequest", 403: "AccessDenied", 404: "NoSuchKey", 429: "TooManyRequests", 500: "InternalError", 503: "SlowDown"}
CHUNK = 1 << 16


class Cut(Exception):
    """Ends a connection: by a reset, or in order."""

    def __init__(self, reset):
        super().__init__()
        self.reset = reset


class Rules:
    """What is to be done with requests, and what was."""

    def __init__(self):
        self.set([])

    def set(self, rules):
        for rule in rules:
            if not isinstance(rule, dict) or set(rule) - KNOWN:
                raise ValueError("not a rule: %s" % json.dumps(rule))
        self.rules = rules
        self.seen = [0] * len(rules)
        self.began = [None] * len(rules)
        self.randoms = [random.Random(rule.get("seed", 0)) for rule in rules]
        self.counts = {"connections": 0, "requests": 0, "harmed": 0, "up": 0, "down": 0, "methods": {}, "log": []}

    def applied(self, method, path):
        """What becomes of a request."""
        self.counts["requests"] += 1
        self.counts["methods"][method] = self.counts["methods"].get(method, 0) + 1
        if len(self.counts["log"]) < 10000:
            self.counts["log"].append("%s %s" % (method, path))
        result, harm = {"latency": 0}, False
        for index, rule in enumerate(self.rules):
            if method != rule.get("method", method) or rule.get("path", "") not in path:
                continue
            number = self.seen[index] - rule.get("skip", 0)
            self.seen[index] += 1
            if number < 0 or number >= rule.get("times", sys.maxsize):
                continue
            self.began[index] = self.began[index] or time.monotonic()
            if time.monotonic() - self.began[index] >= rule.get("seconds", sys.maxsize):
                continue
            if "chance" in rule and self.randoms[index].random() >= rule["chance"]:
                continue
            result["latency"] += rule.get("latency", 0) / 1000
            if "rate" in rule:
                result["rate"] = rule["rate"]
            if HARM & set(rule) and not harm:
                harm = True
                result.update({key: rule[key] for key in rule if key in HARM | {"retry_after", "code"}})
        self.counts["harmed"] += harm
        return result


class Connection:
    """One connection of a client, and the one behind it."""

    def __init__(self, rules, upstream, reader, writer):
        self.rules, self.upstream, self.reader, self.writer = rules, upstream, reader, writer
        self.behind = None
        self.effect = {}
        self.down = 0  # bytes of the present answer
        self.head = b""  # of the present answer, as long as it is not complete
        self.body = None  # bytes of its body, once the head is complete

    async def serve(self):
        task = asyncio.current_task()
        answers = None
        try:
            first = await self.reader.read(1)
            if not first:
                return
            self.behind = await asyncio.open_connection(*self.upstream, limit=1 << 20)
            answers = asyncio.create_task(self.pass_answers())
            answers.add_done_callback(lambda _: task.cancel())
            if first == b"\x16":
                self.effect = self.rules.applied("TLS", "")
                await self.check_refused()
                await self.pass_up(first, None)
            else:
                while first or not self.reader.at_eof():
                    if not await self.pass_request(first):
                        break
                    first = b""
                self.behind[1].write_eof()
            if "stall_down" not in self.effect:
                await answers
        except Cut as cut:
            close(self.writer, cut.reset)
        except asyncio.CancelledError:
            # The other direction ended, in order or by harm.
            if answers and answers.done() and not answers.cancelled() and answers.exception():
                close(self.writer, getattr(answers.exception(), "reset", True))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            close(self.writer, True)
        finally:
            if answers:
                answers.cancel()
            close(self.writer, False)
            if self.behind:
                close(self.behind[1], False)

    async def pass_request(self, first):
        """Passes one request on; False at the end of the connection."""
        try:
            head = first + await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial or first:
                raise
            return False
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.decode("latin-1").split(" ")
        if method == "CONNECT":
            self.rules.applied("CONNECT", target)
            self.writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            self.effect = self.rules.applied("TLS", "")
            await self.check_refused()
            await self.pass_up(b"", None)
            return False
        if "://" in target:
            target = "/" + target.split("/", 3)[3]
            head = ("%s %s %s\r\n" % (method, target, version)).encode("latin-1") + rest
        headers = {name.strip().lower(): value.strip() for name, _, value in
                   (text.partition(":") for text in rest.decode("latin-1").split("\r\n"))}
        length = int(headers.get("content-length", 0))
        self.effect = self.rules.applied(method, target)
        self.down, self.head, self.body = 0, b"", None
        await self.check_refused()
        if "status" in self.effect:
            await self.answer(method, length if headers.get("expect", "").lower() != "100-continue" else 0)
            return False
        if "chunked" in headers.get("transfer-encoding", "").lower():
            await self.pass_up(head, None)
            return False
        await self.pass_up(head, len(head) + length)
        return True

    async def check_refused(self):
        if self.effect.get("refuse"):
            raise Cut(True)

    async def pass_up(self, data, total):
        """Passes `data` and what follows it, `total` bytes in all, or all that comes."""
        effect, seen = self.effect, 0
        while True:
            stop = min((effect[key] for key in ("reset_up", "stall_up") if key in effect), default=None)
            if stop is not None:
                data = data[:max(0, stop - seen)]
            await self.write(self.behind[1], data, "up")
            seen += len(data)
            if stop is not None and seen >= stop:
                await self.harm("reset_up" in effect, "stall_up" in effect)
            if total is not None and seen >= total:
                return
            data = await self.reader.read(CHUNK if total is None else min(CHUNK, total - seen))
            if not data:
                if total is not None:
                    raise Cut(True)
                return

    async def pass_answers(self):
        """Passes what the server sends, each piece when its time has come."""
        queue = asyncio.Queue(64)

        async def collect():
            while True:
                data = await self.behind[0].read(CHUNK)
                await queue.put((time.monotonic() + self.effect.get("latency", 0), data))
                if not data:
                    return
        collector = asyncio.create_task(collect())
        try:
            while True:
                due, data = await queue.get()
                if not data:
                    break
                if due > time.monotonic():
                    await asyncio.sleep(due - time.monotonic())
                await self.pass_answer(data)
        finally:
            collector.cancel()

    async def pass_answer(self, data):
        effect = self.effect
        limits = [effect[key] for key in ("reset_down", "close_down", "stall_down") if key in effect]
        if "corrupt" in effect:
            data = self.corrupted(data, effect["corrupt"])
        if limits:
            data = data[:max(0, min(limits) - self.down)]
        await self.write(self.writer, data, "down")
        self.down += len(data)
        if limits and self.down >= min(limits):
            await self.harm("reset_down" in effect, "stall_down" in effect)

    async def harm(self, reset, stall):
        if stall:
            await asyncio.sleep(600)
        raise Cut(reset)

    def corrupted(self, data, place):
        start = 0
        if self.body is None:
            before = len(self.head)
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return data
            start, self.body = end + 4 - before, 0
        index = start + place - self.body
        self.body += len(data) - start
        if start <= index < len(data):
            data = bytearray(data)
            data[index] ^= 0xFF
        return data

    async def write(self, writer, data, way):
        rate = self.effect.get("rate")
        step = max(1, rate // 20) if rate else len(data) or 1
        for start in range(0, len(data), step):
            piece = data[start:start + step]
            writer.write(piece)
            await writer.drain()
            self.rules.counts[way] += len(piece)
            if rate:
                await asyncio.sleep(len(piece) / rate)

    async def answer(self, method, length):
        """Answers in place of the server; the connection ends with it."""
        while length:
            data = await self.reader.read(min(CHUNK, length))
            if not data:
                raise Cut(True)
            length -= len(data)
            self.rules.counts["up"] += len(data)
        status = self.effect["status"]
        code = self.effect.get("code", CODES.get(status, "Injected"))
        body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>harm</Message></Error>' % code
        retry = "Retry-After: %s\r\n" % self.effect["retry_after"] if "retry_after" in self.effect else ""
        head = "HTTP/1.1 %d Harm\r\nContent-Type: application/xml\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n"
        self.writer.write((head % (status, retry, len(body)) + ("" if method == "HEAD" else body)).encode())
        await self.writer.drain()
        raise Cut(False)


async def control(rules, reader, writer):
    """Answers on the control port."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        status, answer = 200, rules.counts
        if head.startswith("POST /rules "):
            try:
                rules.set(json.loads(body or b"[]"))
                answer = rules.rules
            except ValueError as error:
                status, answer = 400, str(error)
        elif not head.startswith("GET /counts "):
            status, answer = 404, "POST /rules or GET /counts"
        text = json.dumps(answer) + "\n"
        writer.write(("HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                      % (status, len(text), text)).encode())
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        close(writer, False)


def close(writer, reset):
    if writer.transport.is_closing():
        return
    if reset:
        # With this the kernel sends a reset in place of an orderly end.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()


async def main(port, control_port, upstream):
    rules = Rules()
    host, _, number = upstream.rpartition(":")

    async def serve(reader, writer):
        rules.counts["connections"] += 1
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await Connection(rules, (host, int(number)), reader, writer).serve()

    await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 20, backlog=512)
    server = await asyncio.start_server(lambda *streams: control(rules, *streams), "127.0.0.1", control_port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
