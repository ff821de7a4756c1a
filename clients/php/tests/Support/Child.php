<?php

// Programs that tests start: each has its own folder and ends with the tests.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

final class Child
{
    /** @var array<int, self> */
    private static array $running = [];

    /** @var ?resource */
    private $process;

    /**
     * @param list<string> $words
     * @param array<string, string> $environment in addition to that of the tests
     */
    public function __construct(
        private readonly array $words,
        public readonly string $folder,
        private readonly array $environment = [],
    ) {
        $this->start();
    }

    public static function newFolder(): string
    {
        $folder = sys_get_temp_dir() . '/sessions-php-' . bin2hex(random_bytes(6));
        mkdir($folder, 0700);
        return $folder;
    }

    public function start(): void
    {
        $output = ['file', "{$this->folder}/output", 'a'];
        $streams = [['file', '/dev/null', 'r'], $output, $output];
        $environment = $this->environment + getenv();
        $pipes = [];
        // In a process group of its own, so that its own children end with it.
        $process = proc_open(['setsid', ...$this->words], $streams, $pipes, $this->folder, $environment);
        $this->process = $process ?: throw new \RuntimeException("{$this->words[0]} does not start");
        if (self::$running === []) {
            register_shutdown_function(self::endAll(...));
            pcntl_async_signals(true);
            foreach ([SIGINT, SIGTERM, SIGHUP] as $signal) {
                pcntl_signal($signal, static fn () => exit(1));
            }
        }
        self::$running[spl_object_id($this)] = $this;
    }

    public function pid(): int
    {
        return proc_get_status($this->process)['pid'];
    }

    public function isRunning(): bool
    {
        return $this->process !== null && proc_get_status($this->process)['running'];
    }

    public function signal(int $number): void
    {
        posix_kill($this->pid(), $number);
    }

    public function stop(int $signal = SIGKILL): void
    {
        if ($this->process === null) {
            return;
        }
        posix_kill(-$this->pid(), $signal);
        Wait::until("{$this->words[0]} ends", fn () => !$this->isRunning());
        proc_close($this->process);
        $this->process = null;
    }

    public function output(): string
    {
        $texts = array_map(file_get_contents(...), glob("{$this->folder}/{output,log}", GLOB_BRACE) ?: []);
        return substr(implode("\n", $texts), -3000);
    }

    private static function endAll(): void
    {
        foreach (self::$running as $child) {
            $child->stop();
            self::remove($child->folder);
        }
    }

    private static function remove(string $folder): void
    {
        if (!is_dir($folder)) {
            return;
        }
        $files = new \FilesystemIterator($folder, \FilesystemIterator::SKIP_DOTS);
        foreach ($files as $file) {
            is_dir((string) $file) && !is_link((string) $file) ? self::remove((string) $file) : unlink((string) $file);
        }
        rmdir($folder);
    }
}
