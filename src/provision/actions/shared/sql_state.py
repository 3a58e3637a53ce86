# SQL states of a conflict with another transaction. Odoo repeats the whole request after one of these, so an
# action that catches one must raise it again.
CONFLICTS = ('40001', '40P01', '55P03')


def sql_state(problem):
    # None for anything but an SQL error. Odoo offers no getattr().
    try:
        return problem.pgcode
    except Exception:
        return None
