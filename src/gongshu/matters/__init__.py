"""Service matters and the papers they ask people for: what the platform has is not asked for again (xian-16, yongjia-24)."""
