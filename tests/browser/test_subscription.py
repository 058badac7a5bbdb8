"""The local shop's subscription to outbound events."""

import time

import jwt
import pytest

from local.environment import web_url
from local.subscription import Subscription
from tests.browser.storefront import Storefront

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system


def test_a_shop_that_starts_again_has_one_endpoint(storefront: Storefront) -> None:
    claims = {"sub": "shop", "scope": "orders:write", "exp": int(time.time()) + 600}
    token = jwt.encode(claims, storefront.settings["JWT_SECRET"], "HS256")
    url = f"{storefront.url}/started-twice"

    with Subscription(web_url(storefront.settings), token) as subscription:
        secrets = {subscription.renew(url), subscription.renew(url)}

    kept = "SELECT url FROM outbound_endpoints WHERE url = %s AND status <> 'deleted'"
    assert len(secrets) == 2
    assert storefront.sql(kept, url) == [(url,)]
