"""The rule packs that ship with the platform: YAML only. See :mod:`gongshu.rules`."""
