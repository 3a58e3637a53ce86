"""Checks the provisioned Python against Odoo's rules, on the Python that runs this.

Two names are set before this text by the test: ACTIONS (source text by file name) and SAFE_EVAL (the source
of odoo/tools/safe_eval.py of a real Odoo 19). Prints JSON: the version, what is refused, and how the
automation rule behaves when something in it fails.
"""
import ast
import dis
import json
import sys
from opcode import opmap


def allowed_opcodes():
    """Odoo's own list, read from its source without importing Odoo."""
    wanted = {'_BLACKLIST', '_CONST_OPCODES', '_operations', '_EXPR_OPCODES', '_SAFE_OPCODES', 'to_opcodes', '_UNSAFE_ATTRIBUTES'}
    parts = []
    for node in ast.parse(SAFE_EVAL).body:
        names = {node.name} if isinstance(node, ast.FunctionDef) else {
            target.id for target in getattr(node, 'targets', []) if isinstance(target, ast.Name)
        }
        if names & wanted:
            parts.append(node)
    space = {'opmap': opmap, 'sys': sys}
    exec(compile(ast.Module(body=parts, type_ignores=[]), 'safe_eval', 'exec'), space)
    return space['_SAFE_OPCODES'], set(space['_UNSAFE_ATTRIBUTES'])


def refusals(code, allowed, unsafe_names):
    found = [instruction.opname for instruction in dis.get_instructions(code) if instruction.opcode not in allowed]
    found += [name for name in code.co_names if '__' in name or name in unsafe_names]
    for constant in code.co_consts:
        if hasattr(constant, 'co_code'):
            found += refusals(constant, allowed, unsafe_names)
    return sorted(set(found))


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
    """What the automation rule does when this is raised inside it."""
    odoo = FailingOdoo(problem)
    logged = []
    space = {
        'env': odoo,
        'record': Mail(),
        'log': lambda message, level='info': logged.append([level, message]),
    }
    try:
        exec(compile(ACTIONS['mail_created.py'], 'mail_created.py', 'exec'), space)
        ended = 'mail goes on'
    except Exception as error:
        ended = 'raised ' + type(error).__name__
    return {'ended': ended, 'savepoint': odoo.happened, 'logged': logged}


allowed, unsafe_names = allowed_opcodes()
print(json.dumps({
    'version': '%d.%d' % sys.version_info[:2],
    'refused': {
        name: refusals(compile(source.strip(), name, 'exec'), allowed, unsafe_names)
        for name, source in ACTIONS.items()
    },
    # Proof that the check can fail: a closure and an import, which Odoo refuses.
    'control': refusals(compile('import os\ndef f(x):\n    return lambda: x', 'control', 'exec'), allowed, unsafe_names),
    'python error': behaviour(Exception('forced')),
    'sql error': behaviour(SqlError('22012')),
    'conflict': behaviour(SqlError('40001')),
}))
