"""Tests of a client in Python: the Hub is a process of its own, steered over HTTP."""

import base64
import json
import re
import subprocess
import unittest
from urllib.error import HTTPError
from urllib.request import Request, urlopen


def ask(method, url, body=None, headers={}):
    """The status of an answer, and its JSON."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers, method=method)) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or "null")


class ClientTest(unittest.TestCase):
    LOGIN = {"Authorization": "Basic " + base64.b64encode(b"jamtur01:secret").decode()}

    @classmethod
    def setUpClass(cls):
        flags = ["--ephemeral", "--control", "--port", "0", "--log-level", "warn", "--exit-with-parent"]
        cls.process = subprocess.Popen(
            ["hub-v1", "serve", *flags], stdout=subprocess.PIPE, text=True
        )
        cls.hub = re.search(r"listening on (\S+)", cls.process.stdout.readline())[1]
        users = [{"username": "jamtur01", "password": "secret"}]
        ask("POST", cls.hub + "/_hub/seed?baseline=true", {"users": users})

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.communicate()

    def setUp(self):
        ask("POST", self.hub + "/_hub/reset")

    def test_logs_in(self):
        self.assertEqual(ask("GET", self.hub + "/v1/users/", headers=self.LOGIN), (200, "OK"))

    def test_meets_an_account_that_waits_for_its_mail(self):
        ask("POST", self.hub + "/_hub/users/jamtur01/deactivate")
        answer = ask("GET", self.hub + "/v1/users/", headers=self.LOGIN)
        self.assertEqual(answer, (403, "Account is not Active"))

    def test_meets_a_busy_hub_once(self):
        rule = {"match": {"user": "jamtur01"}, "times": 1, "then": {"status": 503}}
        self.assertEqual(ask("POST", self.hub + "/_hub/faults", rule)[0], 201)
        statuses = [ask("GET", self.hub + "/v1/users/", headers=self.LOGIN)[0] for _ in range(2)]
        self.assertEqual(statuses, [503, 200])
        _, seen = ask("GET", self.hub + "/_hub/requests?path=/v1/users/")
        self.assertEqual([each["status"] for each in seen["requests"]], [503, 200])


if __name__ == "__main__":
    unittest.main()
