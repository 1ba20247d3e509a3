"""The sections of the data page: each picks, computes and shows one side of a data set."""
