"""The lab: whole networks with real and simulated clients inside one machine."""
