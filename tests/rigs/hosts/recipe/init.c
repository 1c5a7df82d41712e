/* PID 1 of a host: runs rc and then only reaps, so that sshd can end without the host, as under any init. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    if (fork() == 0) {
        sigprocmask(SIG_UNBLOCK, &child, NULL);
        execl("/usr/lib/packcheck-rig/rc", "rc", (char *)NULL);
        perror("packcheck-rig: rc");
        _exit(127);
    }
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        sigwaitinfo(&child, NULL);
    }
}
