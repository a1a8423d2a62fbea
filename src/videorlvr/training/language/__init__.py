"""What methods on language policies share: their keys, examples, a learner that imitates, rollouts in words."""
