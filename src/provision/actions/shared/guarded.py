# Runs work(argument) in a savepoint, since after an SQL error the transaction only goes on from a savepoint. The
# changes are rolled back when the work fails, and when it returns True.
def guarded(work, argument):
    savepoint = env.cr.savepoint()
    undo = True
    try:
        answer = work(argument)
        env.flush_all()
        undo = answer
    finally:
        savepoint.close(rollback=undo)


def safe(work, argument):
    # Returns the exception, or None.
    try:
        return guarded(work, argument)
    except Exception as problem:
        return problem
