"""The balance loss: by hand, its gradient, and what descent makes of a router."""

import pytest

pytest.importorskip("peft")

import torch

from training.experts import balance_of, route

pytestmark = pytest.mark.train


def worked(logits, top_k):
    logits = torch.tensor(logits, requires_grad=True)
    loss, counts = balance_of(logits, *route(logits, top_k))
    return logits, loss, counts.tolist()


def test_balance_by_hand():
    _, loss, counts = worked([[9.0, 9.0, 0.0, 0.0], [0.0, 0.0, 9.0, 9.0]], 2)
    assert counts == [1, 1, 1, 1]
    assert loss.item() == pytest.approx(4 * 0.5 * 0.25)  # F = 1/2, G = 1/4 each
    _, loss, counts = worked([[9.0, 9.0, 0.0, 0.0]] * 3, 2)
    assert counts == [3, 3, 0, 0]
    assert loss.item() == pytest.approx(1 * 0.5 + 1 * 0.5)  # two experts get all: F = 1, G = 1/2
    _, loss, counts = worked([[1.0986123, 0.0, -9.0]] * 2 + [[-9.0, 0.0, 0.0]], 2)
    assert counts == [2, 3, 1]
    assert loss.item() == pytest.approx(
        2 / 3 * (2 * 0.75 / 3) + 1 * ((2 * 0.25 + 0.5) / 3) + 1 / 3 * (0.5 / 3), abs=1e-6
    )


def test_balance_of_one_expert_per_token_uses_the_softmax_over_all():
    logits, loss, counts = worked([[1.0986123, 0.0]] * 2, 1)
    assert counts == [2, 0]
    assert loss.item() == pytest.approx(0.75)
    loss.backward()
    assert (logits.grad[:, 0] > 0).all()


def test_the_gradient_of_balance_lowers_the_load_of_the_busiest():
    """Gates are equal and expert 0 is in every token's choice: a step along the gradient takes tokens from it alone."""
    logits, loss, counts = worked([[1.0, 1.0, 0.9, 0.9], [1.0, 0.9, 1.0, 0.9], [1.0, 0.9, 0.9, 1.0]], 2)
    assert counts == [3, 1, 1, 1]
    loss.backward()
    assert (logits.grad[:, 0] > 0).all()
    assert (logits.grad[:, 1:] <= 0).all()
    _, _, after = worked((logits - 5.0 * logits.grad).tolist(), 2)
    assert after[0] < 3
    assert all(count >= 1 for count in after[1:])


def test_balance_evens_out_a_router_by_descent():
    torch.manual_seed(0)
    x = torch.randn(256, 8)
    router = torch.nn.Linear(8, 4)
    with torch.no_grad():
        router.bias.copy_(torch.tensor([2.0, 1.0, 0.0, -1.0]))
    optimizer = torch.optim.SGD(router.parameters(), lr=5.0)
    shares = []
    for _ in range(200):
        logits = router(x)
        loss, counts = balance_of(logits, *route(logits, 2))
        shares.append(counts.max().item() / counts.sum().item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert shares[0] > 0.4
    assert shares[-1] < 0.3
