"""The demo city 江临市 (Jianglin): a fictional place, its registers, and the main job played on them.

Nothing here is real: the division codes 9901xx were never issued, so every citizen ID and every credit code
is impossible although its check digit is right; the phone numbers lie in a range no operator has; the
coordinates lie on the high seas.
"""
