from curation.generate.request import Message, Picture, Request
from curation.pool.route import can_take, in_order
from curation.pool.tokens import text_tokens, tokens_in, tokens_out
from schemas.endpoint import Endpoint


def request(text="x", **changes):
    return Request(
        (Message("user", text),), **({"max_tokens": 8, "temperature": 0.0, "seed": 0, "prompt_sha256": "p"} | changes)
    )


def endpoint(name="a", **more):
    return Endpoint(**({"name": name, "base_url": "http://127.0.0.1/v1", "model": "m"} | more))


def test_the_key_is_what_was_asked():
    base = request()
    same = [request(purpose="open"), request(whole=True), request(blind_ok=True)]
    assert {one.key for one in same} == {base.key}
    changes = [{"max_tokens": 9}, {"temperature": 0.1}, {"seed": 1}, {"prompt_sha256": "q"}, {"sample": 1}]
    changes += [{"schema": {"enum": ["a"]}}, {"stop": ("\n",)}, {"params": {"top_p": 1}}]
    others = [request(**change).key for change in changes] + [request("y").key]
    others += [Request((Message("user", ("x", Picture(bytes([n])))),), 8, 0.0, 0, "p").key for n in range(2)]
    assert len({base.key, *others}) == 12


def test_pictures_and_log_probabilities_need_an_endpoint_that_has_them():
    seen = Request((Message("user", ("x", Picture(b"1"), Picture(b"2"))),), 8, 0.0, 0, "p")
    assert not can_take(endpoint(), seen)
    assert can_take(endpoint(capabilities=("vision",)), seen)
    assert not can_take(endpoint(capabilities=("vision",), max_images=1), seen)
    assert not can_take(endpoint(), request(params={"logprobs": True}))


def test_those_that_keep_to_a_schema_come_first_for_one():
    ends = [endpoint("plain", weight=100), endpoint("strict", capabilities=("text", "json_schema"))]
    orders = {tuple(in_order(request(str(n), schema={"type": "object"}), str(n), ends)) for n in range(20)}
    assert orders == {(1, 0)}


def test_estimates_are_on_the_safe_side():
    assert text_tokens("a" * 300) == 100
    assert text_tokens("a b c d") == 4
    assert text_tokens("肝脏大小正常") == 10
    assert tokens_in(request("x" * 30)) == 18
    assert tokens_out(request(max_tokens=77)) == 77
    assert tokens_out(request(max_tokens=None)) == 1024
    assert tokens_out(request(max_tokens=None, params={"max_tokens": 5})) == 5
