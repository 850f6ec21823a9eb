"""`python -m loyaltyloop` is `loop`."""

from loyaltyloop.cli import main

if __name__ == "__main__":
    main()
