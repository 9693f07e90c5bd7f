"""The shelf at work: releases, tags, upkeep and forgetting, from the command line."""
