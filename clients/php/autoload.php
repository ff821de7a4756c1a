<?php

// Loads the classes of this package where it is installed without Composer: require this file once.

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $prefix = 'SessionsForRedis\\';
    if (!str_starts_with($class, $prefix)) {
        return;
    }
    $path = __DIR__ . '/src/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    if (is_file($path)) {
        require $path;
    }
});
