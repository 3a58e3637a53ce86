"""Checks the provisioned Python against Odoo's rules, on the Python version that runs this.

The test puts two names in front of this text: ACTIONS (source text by action) and SAFE_EVAL (the source of
odoo/tools/safe_eval.py of a real Odoo 19). Prints JSON: the version, what Odoo would refuse, the rules of the actions'
README.md, and what the automation rule does when something in it fails.
"""
import ast
import dis
import json
import sys
from opcode import opmap

# The names that Odoo gives to the code of a server action (ir.actions.server._get_eval_context, Odoo 19).
CONTEXT = {
    'env', 'model', 'record', 'records', 'log', '_logger', 'user', 'uid', 'time', 'datetime', 'dateutil', 'timezone',
    'float_compare', 'b64encode', 'b64decode', 'Command', 'UserError', 'json',
}
# Built-in functions that Odoo does not offer, as README.md of the actions says.
MISSING = ('getattr', 'hasattr', 'type', 'print', 'next', 'iter', 'hash', 'ValueError', 'KeyError')
# The rules in src/provision/actions/README.md: for each statement the Python versions (minor numbers) that refuse it.
ALL = (10, 11, 12, 13)
RULES = {
    'closure': (ALL, 'def f(x):\n    return lambda: x'),
    'generator expression that uses another local': (ALL, 'def f(xs, k):\n    return any(x == k for x in xs)'),
    'comprehension that uses another local': ((10, 11), 'def f(xs, k):\n    return [x + k for x in xs]'),
    'comprehension inside a comprehension at top level': ((10, 11), '[[x + y for y in xs] for x in xs]'),
    'with': (ALL, 'with a:\n    b()'),
    'class': (ALL, 'class A:\n    pass'),
    'import': (ALL, 'import os'),
    'global': (ALL, 'def f():\n    global a\n    a = 1'),
    'attribute assignment': (ALL, 'record.name = 1'),
    'del of an item': (ALL, 'del d["a"]'),
    'assert': (ALL, 'assert a'),
    'starred target': (ALL, 'a, *b = c'),
    'name with two underscores': (ALL, 'a = b.__c'),
    'statement after try and except': ((13,), 'def f():\n    try:\n        a()\n    except Exception as e:\n        b(e)\n    c()'),
    'try and except in a while loop': ((13,), 'while a:\n    try:\n        b()\n    except Exception:\n        c()'),
    'try and except and finally': ((13,), 'try:\n    a()\nexcept Exception:\n    b()\nfinally:\n    c()'),
    'f-string': ((), 'a = f"{b} {c:02d} {d!r}"'),
    'walrus': ((), 'def f():\n    if (a := b()):\n        return a'),
    'star arguments': ((), 'def f(*a, **b):\n    return g(*a, **b)'),
    'lambda without closure': ((), 'def f(xs):\n    return sorted(xs, key=lambda x: x.name)'),
    'default argument': ((), 'def f(a=1, *, b=2):\n    return a + b'),
    'recursion': ((), 'def f(a):\n    return f(a - 1)'),
    'match on literals': ((), 'match a:\n    case 1:\n        b = 2\n    case _:\n        b = 3'),
    'try and finally with a statement after it': ((), 'def f():\n    try:\n        a()\n    finally:\n        b()\n    c()'),
}


def safe_eval_parts():
    """Odoo's own lists, read from its source without importing Odoo."""
    wanted = {
        '_BLACKLIST', '_CONST_OPCODES', '_operations', '_EXPR_OPCODES', '_SAFE_OPCODES', 'to_opcodes', '_UNSAFE_ATTRIBUTES',
    }
    parts = []
    builtins = set()
    for node in ast.parse(SAFE_EVAL).body:
        names = {node.name} if isinstance(node, ast.FunctionDef) else {
            target.id for target in getattr(node, 'targets', []) if isinstance(target, ast.Name)
        }
        if names & wanted:
            parts.append(node)
        if '_BUILTINS' in names:
            builtins = {key.value for key in node.value.keys}
    space = {'opmap': opmap, 'sys': sys}
    exec(compile(ast.Module(body=parts, type_ignores=[]), 'safe_eval', 'exec'), space)
    return space['_SAFE_OPCODES'], set(space['_UNSAFE_ATTRIBUTES']), builtins


def codes_in(code):
    found = [code]
    for constant in code.co_consts:
        if hasattr(constant, 'co_code'):
            found += codes_in(constant)
    return found


def refusals(text):
    found = []
    for code in codes_in(compile(text.strip(), 'action', 'exec')):
        found += [instruction.opname for instruction in dis.get_instructions(code) if instruction.opcode not in allowed]
        found += [name for name in code.co_names if '__' in name or name in unsafe_names]
    return sorted(set(found))


def unknown_names(text):
    """Names that neither Odoo nor the action itself defines."""
    used = set()
    known = builtins | CONTEXT
    for code in codes_in(compile(text.strip(), 'action', 'exec')):
        for instruction in dis.get_instructions(code):
            if instruction.opname in ('LOAD_NAME', 'LOAD_GLOBAL'):
                used.add(instruction.argval)
            elif instruction.opname == 'STORE_NAME':
                known.add(instruction.argval)
    return sorted(used - known)


class SqlError(Exception):
    def __init__(self, pgcode):
        super().__init__('statement with a secret in it')
        self.pgcode = pgcode


class Savepoint:
    def __init__(self, log):
        self.log = log

    def close(self, rollback=True):
        self.log.append('rolled back' if rollback else 'released')


class FailingOdoo:
    """An environment in which looking for the mail server fails."""

    def __init__(self, problem):
        self.problem = problem
        self.happened = []
        self.cr = self
        self.context = {}

    def savepoint(self):
        return Savepoint(self.happened)

    def __getitem__(self, model):
        raise self.problem


class Mail:
    id = 7
    mail_server_id = None

    def sudo(self):
        return self


def behaviour(problem):
    """What the automation rule does when this exception is raised in it."""
    odoo = FailingOdoo(problem)
    logged = []
    space = {
        'env': odoo,
        'record': Mail(),
        'log': lambda message, level='info': logged.append([level, message]),
    }
    try:
        exec(compile(ACTIONS['mail_created'], 'mail_created', 'exec'), space)
        ended = 'mail goes on'
    except Exception as error:
        ended = 'raised ' + type(error).__name__
    return {'ended': ended, 'savepoint': odoo.happened, 'logged': logged}


allowed, unsafe_names, builtins = safe_eval_parts()
print(json.dumps({
    'version': '%d.%d' % sys.version_info[:2],
    'refused': {name: refusals(text) for name, text in ACTIONS.items()},
    'unknown': {name: unknown_names(text) for name, text in ACTIONS.items()},
    # Shows that the checks can fail.
    'control': refusals('import os\ndef f(x):\n    return lambda: x'),
    'missing': {name: unknown_names(name) for name in MISSING},
    'rules': {name: {
        'expected': sys.version_info[1] in versions, 'refused': bool(refusals(text)),
    } for name, (versions, text) in RULES.items()},
    'python error': behaviour(Exception('forced')),
    'sql error': behaviour(SqlError('22012')),
    'conflict': behaviour(SqlError('40001')),
}))
