"""Everything on this machine: the processes of `loop up`, and the environment they live in."""
