# Switch and interval of this job are read by the bridge, which asks Sweego by itself: nothing to do here.
pass
