<?php

// Loads the classes of this package where it is installed without Composer: require this file once.

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $prefix = 'SessionsForRedis\\';
    if (!str_starts_with($class, $prefix)) {
        return;
    }
    // Without a look whether the file is there: opcache has it in memory, and the look would cost
    // more than loading it.
    @include __DIR__ . '/src/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
});
