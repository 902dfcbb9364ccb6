"""The words of the provider's pages in English and Simplified Chinese."""

from __future__ import annotations

from types import SimpleNamespace

from werkzeug.datastructures import LanguageAccept

# What a browser asks for, and what it gets.
_LANGUAGES = {"en": "en"} | dict.fromkeys(("zh-CN", "zh-Hans", "zh", "zh-SG"), "zh-Hans")

_WORDS = {
    "en": SimpleNamespace(
        title="Sign in · stand-in for {provider}",
        heading="Sign in as a test person",
        stand_in="Stand-in for {provider}",
        nobody="Nobody is being authenticated here.",
        nobody_more="This page runs on your own machine and stands in for {provider} until"
        " config.toml has a client id of your own. Choose who to be.",
        who="Who are you",
        unverified="e-mail not verified",
        no_email="no e-mail address",
        another="Somebody else",
        address="E-mail address",
        address_wrong="Write an address such as kim@example.com.",
        summary="That is no e-mail address. Nothing else was lost.",
        allow="Allow",
        deny="Deny",
        goes_to="The answer goes to {target}.",
        fail="Make this sign-in fail",
        fail_help="To see what your application does when the provider fails.",
        works="Nothing fails",
        failures={
            "server_error": "Comes back with server_error",
            "temporarily_unavailable": "Comes back with temporarily_unavailable",
            "token_down": "Token endpoint down (503)",
            "token_slow": "Token endpoint slow (5 s)",
            "wrong_nonce": "ID token with a wrong nonce",
            "bad_signature": "ID token with a bad signature",
        },
        stopped="This request is refused",
        stops={
            "client": "The client is not known here. The client id is hipflask-dev.",
            "redirect": "Its redirect_uri is not an http address on this machine, so no answer is"
            " sent there. Real client ids in config.toml reach the real provider.",
        },
    ),
    "zh-Hans": SimpleNamespace(
        title="登录 · {provider} 的替身",
        heading="以测试人物的身份登录",
        stand_in="{provider} 的替身",
        nobody="这里不验证任何人的身份。",
        nobody_more="本页运行在你自己的电脑上，在 config.toml 填入你自己的客户端 ID 之前代替"
        " {provider}。请选择要扮演的人。",
        who="你是谁",
        unverified="邮箱未验证",
        no_email="没有邮箱",
        another="其他人",
        address="邮箱地址",
        address_wrong="请填写类似 kim@example.com 的地址。",
        summary="这不是邮箱地址。其他内容都已保留。",
        allow="允许",
        deny="拒绝",
        goes_to="结果将发送到 {target}。",
        fail="让这次登录失败",
        fail_help="用来查看提供方出错时，你的应用如何应对。",
        works="一切正常",
        failures={
            "server_error": "返回 server_error",
            "temporarily_unavailable": "返回 temporarily_unavailable",
            "token_down": "令牌接口不可用（503）",
            "token_slow": "令牌接口缓慢（5 秒）",
            "wrong_nonce": "ID 令牌的 nonce 不符",
            "bad_signature": "ID 令牌的签名无效",
        },
        stopped="请求已被拒绝",
        stops={
            "client": "发出请求的客户端未知。这里的客户端 ID 是 hipflask-dev。",
            "redirect": "它的 redirect_uri 不是本机的 http 地址，因此不会向那里发送结果。"
            "在 config.toml 填入真实的客户端 ID，即可使用真正的提供方。",
        },
    ),
}


def words_for(accepted: LanguageAccept, asked: str = "") -> tuple[str, SimpleNamespace]:
    """Return a language and its words: the application's wish (``ui_locales``), or the browser's.

    The first of ``asked`` is liked best; it may be more exact than what there is: ``en-GB``.
    """
    wishes = LanguageAccept([(wish, -place) for place, wish in enumerate(asked.split()[:20], -20)])
    found = wishes.best_match(list(_LANGUAGES)) or accepted.best_match(list(_LANGUAGES), "en")
    language = _LANGUAGES[found or "en"]
    return language, _WORDS[language]
