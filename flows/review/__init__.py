"""`sonocurate review`: experts look at a sample of pairs, in Label Studio or in sheets (boxes: `review-masks`)."""
