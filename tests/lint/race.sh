#!/bin/sh
# Does the thread sanitizer see a race between the kernels' threads?  Argument:
# the program of race.c, built with it.
set -u
for way in team parallel; do
    "$1" "$way" 2>&1 > /dev/null | grep -q 'WARNING: ThreadSanitizer: data race' ||
        {
            echo "race: none was seen in a job of the kind $way"
            exit 1
        }
done
echo 'race: one made on purpose is seen in each kind of job'
