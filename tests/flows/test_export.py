"""The hospital's export as the flows see it."""

from flows.stage import context_of


def test_no_case_is_a_table_too(site, tmp_path):
    """A chunk of intake may hold files that no row lists, and nothing else."""
    export = context_of(str(site.config(tmp_path))).export
    assert export.raw_cases([]).schema == export.cases.schema
    assert export.raw_cases([]).num_rows == 0
    assert export.raw_cases(export.case_ids[:1]).num_rows == 1
