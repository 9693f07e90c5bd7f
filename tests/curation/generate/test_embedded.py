from curation.generate.embedded import embedded_endpoint
from curation.generate.generate import generate
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.reach import check_endpoints
from curation.step import table_of
from schemas.config import Generate
from schemas.instruction import GENERATE_INPUT, Tier


def test_the_demo_model_writes_pairs_silently_and_repeatably(tmp_path, capfd):
    row = {
        "case_id": "a",
        "site": "s",
        "language": "en",
        "findings": "ZEBRA: the gallbladder wall is 5 mm thick.",
        "impression": "",
        "redactions": 0,
        "systems": ["liver"],
        "frame_ids": ["f"],
    }
    table, config = table_of([row], GENERATE_INPUT), Generate(closed_per_case=1, open_per_case=0, max_tokens=32)
    results = []
    with embedded_endpoint(context_tokens=2048) as endpoint:
        assert endpoint.tier is Tier.DEMO
        assert check_endpoints([endpoint]) == {"embedded": None}
        for number in range(2):
            with EndpointPool([endpoint], Ledger(tmp_path / f"{number}.db")) as pool:
                results.append(generate(table, config=config, pool=pool))
    assert results[0].byproducts["generations"].num_rows >= 1
    assert results[0].kept.equals(results[1].kept)
    assert results[0].rejected.equals(results[1].rejected)
    assert "".join(capfd.readouterr()) == ""
