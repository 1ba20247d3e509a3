"""What runs once a training command has started; these modules import torch, so commands import them late."""
