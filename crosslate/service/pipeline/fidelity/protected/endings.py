"""How addresses without a scheme end, and files: what else has a full stop inside may be two words."""

from __future__ import annotations

DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|dev|app|cloud|tech|online|shop|store|site|blog|wiki|example|test|"
    "localhost|eu|uk|co\\.uk|us|ca|au|nz|ie|pt|br|com\\.br|ao|mz|cv|es|mx|ar|cl|pe|fr|be|ch|de|at|it|nl|lu|se|no|"
    "dk|fi|pl|cz|sk|hu|ro|bg|gr|tr|ru|ua|cn|jp|kr|in|id|vn|th|za|ng|ke|eg|il|ly|gl|tv|fm"
)
FILES = (
    "txt|md|rst|pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|csv|tsv|jsonl?|ya?ml|xml|html?|css|scss|toml|ini|cfg|conf|env|"
    "log|lock|sh|bash|bat|ps1|exe|msi|dmg|apk|ipa|deb|rpm|zip|tar|gz|tgz|bz2|xz|7z|rar|iso|img|png|jpe?g|gif|svg|"
    "webp|bmp|tiff?|ico|psd|mp[34]|m4a|wav|flac|ogg|avi|mkv|mov|webm|srt|vtt|py|ipynb|js|mjs|tsx?|jsx|java|kt|"
    "rb|go|rs|c|h|cc|cpp|hpp|cs|php|sql|db|sqlite|pem|crt|key|bak|tmp|dll|so|jar|war|whl|po|pot|strings|tf|"
    "proto|ttf|woff2?"
)
