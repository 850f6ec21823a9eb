"""Points, tiers, badges and friends who were brought: what every turn keeps up to date with other facts."""
