from curation.pool.patience import Patience


def test_a_call_has_long_where_nobody_else_could_answer():
    patience = Patience(timeout_s=120, deadline_s=600)
    assert patience.limit_s(elsewhere=False) == 120
    assert patience.limit_s(elsewhere=True) == 30
    assert Patience(120, 8).limit_s(elsewhere=False) == 2


def test_it_learns_from_what_came_back():
    patience = Patience(120, 600)
    for took_s in [1.0] * 20 + [2.0]:
        patience.answered(took_s)
    assert patience.usual_s() == 1.0
    assert patience.limit_s(elsewhere=True) == 8
    for _ in range(20):
        patience.answered(0.01)
    assert patience.limit_s(elsewhere=True) >= 5


def test_what_was_too_short_is_doubled_once_for_all_calls_and_up_to_half_the_deadline():
    patience = Patience(120, 40)
    for sent_s in (0.0, 0.1, 0.2):
        patience.hung(sent_s, 10.0)
    assert patience.limit_s(elsewhere=True) == 20
    patience.hung(10.5, 31.0)
    assert patience.limit_s(elsewhere=True) == 20
    patience.answered(15.0)
    assert patience.limit_s(elsewhere=True) == 10
