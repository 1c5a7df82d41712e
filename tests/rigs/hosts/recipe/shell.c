/* The login shell of a host's user: writes down what sshd was asked to execute, then is bash.
 *
 * A record is four fields, each ended by a NUL: the time in nanoseconds, $SSH_CONNECTION, the command (empty for an
 * interactive login) and, under a forced command, what was asked for instead. One write(2) with O_APPEND is one record.
 * A command that contains the text in freeze_on stops every process of its user, in mid-command, sshd's session too. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS "/run/packcheck-rig/commands"
#define FREEZE_ON "/run/packcheck-rig/freeze_on"

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static void record(const char *command, const char *asked) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char *text = NULL;
    int size = asprintf(&text, "%lld%09ld%c%s%c%s%c%s%c", (long long)now.tv_sec, now.tv_nsec, 0,
                        variable("SSH_CONNECTION"), 0, command, 0, asked, 0);
    int file = open(COMMANDS, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0 || size < 0 || write(file, text, size) != size)
        perror("packcheck-rig: " COMMANDS);
    if (file >= 0)
        close(file);
    free(text);
}

static int freezes(const char *command, const char *asked) {
    char text[4096];
    int file = open(FREEZE_ON, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    if (size <= 0)
        return 0;
    text[size] = 0;
    return strstr(command, text) || strstr(asked, text);
}

int main(int count, char **arguments) {
    const char *command = count > 2 && !strcmp(arguments[1], "-c") ? arguments[2] : "";
    const char *asked = variable("SSH_ORIGINAL_COMMAND");
    record(command, asked);
    if (freezes(command, asked)) {
        kill(-1, SIGSTOP);
        raise(SIGSTOP);
    }
    setenv("SHELL", "/bin/bash", 1);
    arguments[0] = arguments[0][0] == '-' ? "-bash" : "bash";
    execv("/bin/bash", arguments);
    perror("packcheck-rig: /bin/bash");
    return 127;
}
