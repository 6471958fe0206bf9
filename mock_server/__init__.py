"""The mock: state, engine, transports."""
