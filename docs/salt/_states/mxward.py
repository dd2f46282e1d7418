"""
Maps of Postfix as a repository of mxward declares them.
"""

import json


def applied(name, program="mxward", targets=(), allow=(), only=()):
    """
    Asks ``mxward plan`` what an apply would do, and applies it.

    name
        The folder of the repository on the host that runs mxward.
    program
        The program.
    targets
        Only these targets; all of them where the list is empty.
    allow
        What an apply may do that its guards refuse, such as ``weaker=3``.
    only
        Refuse everything that is not of these effects, such as ``[stronger, neutral]``.

    Lists may also be strings with blanks between.
    """
    targets, allow, only = _list(targets), _list(allow), _list(only)
    ret = {"name": name, "changes": {}, "result": True, "comment": "Nothing would change"}
    common = [program, "-C", name, "--locked"] + [f"--target={it}" for it in targets]
    consent = [f"--allow={it}" for it in allow] + (["--only=" + ",".join(only)] if only else [])

    plan = _run(common + ["plan", "--exit-code", "--report", "json"] + consent)
    if plan["retcode"] == 0:
        return ret
    if plan["retcode"] != 2:
        ret.update(result=False, comment=_refusal(plan))
        return ret
    ret["changes"] = _changes(json.loads(plan["stdout"]))
    if __opts__["test"]:
        ret.update(result=None, comment="The maps would change")
        return ret

    apply = _run(common + ["apply"] + consent)
    if apply["retcode"] == 0:
        ret["comment"] = apply["stderr"] or "The maps have changed"
        return ret
    # 7 and 8: done, in part or without being in force.
    if apply["retcode"] not in (7, 8):
        ret["changes"] = {}
    ret.update(result=False, comment=apply["stderr"] or apply["stdout"])
    return ret


def _list(value):
    return value.split() if isinstance(value, str) else list(value)


def _run(command):
    return __salt__["cmd.run_all"](command, python_shell=False, ignore_retcode=True)


def _changes(report):
    """What changes for whom, by target, and the steps, which may be all there is to do."""
    return {
        it["target"]: {
            "steps": [f"{step['map']}: {step['what']}" for step in it["steps"]],
            "recipients": {
                recipient: {"old": change["before"], "new": change["after"], "effect": change["effect"]}
                for change in it["changes"]
                for recipient in change["recipients"]
            },
        }
        for it in report["plan"]["targets"]
        if it["steps"] or it["changes"]
    }


def _refusal(plan):
    """What refuses the plan, with the flag that lets it pass; else what was said on the way."""
    try:
        refused = json.loads(plan["stdout"]).get("refused", [])
    except ValueError:
        refused = []
    lines = [f"{it['target']}: {it['message']}" + (f" ({it['flag']})" if it["flag"] else "") for it in refused]
    return "\n".join(lines) or plan["stderr"] or f"mxward ended with status {plan['retcode']}"
