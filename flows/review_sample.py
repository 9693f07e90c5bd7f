"""Flow `review-sample`: draw the pairs that experts look at next."""

from prefect import flow

from flows.names import run_name
from flows.parameters import ReviewRun, dated
from flows.review.sample import draw_sample
from flows.stage import Receipt
from flows.working import working
from schemas.load import review_of


@flow(name="review-sample", flow_run_name=run_name, persist_result=False)
def review_sample_flow(run: ReviewRun) -> Receipt:
    """Draw a sample under a new name.

    Raises: ConfigError when the name is taken or there is no pair left to draw.
    """
    with working(run, "review-sample") as work:
        name = dated(run.name)
        drawn = draw_sample(
            work.context, name, review_of(work.context.config.review, name=name, n=run.n, seed=run.seed)
        )
        return Receipt("review-sample", 1, drawn.pairs, 0)
