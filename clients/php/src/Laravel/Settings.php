<?php

// Reads config/sessions.php, session.php, auth.php and database.php, and makes the objects that
// they describe.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Container\Container;
use Illuminate\Session\SessionManager as LaravelManager;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Options;

/** @internal */
final class Settings
{
    private readonly Repository $config;

    /** @throws \InvalidArgumentException if Laravel's own settings do not fit */
    public function __construct(private readonly Container $container)
    {
        $this->config = $container->make('config');
        if ($this->config->get('session.encrypt')) {
            throw new \InvalidArgumentException(
                'the session driver "sessions" requires session.encrypt to be false (config/session.php): the server ' .
                'stores the SHA-256 of the session id, and other languages read the data'
            );
        }
        $isJson = $this->config->get('session.serialization') === Serialization::Json->value;
        if (!$isJson && Serialization::installed() === Serialization::Json) {
            throw new \InvalidArgumentException(
                "the session driver \"sessions\" requires 'serialization' => 'json' in config/session.php: the data " .
                'are stored as JSON, which has no objects'
            );
        }
    }

    private function of(string $name): mixed
    {
        return $this->config->get("sessions.$name");
    }

    public function keeper(): Keeper
    {
        $ended = $this->of('ended');
        $options = new Options(
            ttl: max(1, (int) ((float) $this->config->get('session.lifetime') * 60)),
            lifetime: $this->of('lifetime'),
            id: $this->id(),
            max: $this->of('max'),
            reject: (bool) $this->of('reject'),
            merge: $this->of('merge') !== false,
            ended: $ended === null || $ended === 'error' ? $ended : $this->callable($ended),
        );
        return new Keeper($this->client(), (string) $this->of('app'), $options);
    }

    /**
     * Laravel's own connection. A second call means that the connection that Laravel keeps has
     * failed.
     */
    private function client(): \Closure
    {
        $isFirst = true;
        return function () use (&$isFirst): mixed {
            $redis = $this->container->make('redis');
            if (!$isFirst) {
                $redis->purge($this->connection());
            }
            $isFirst = false;
            return $redis->connection($this->connection())->client();
        };
    }

    private function connection(): string
    {
        return $this->config->get('session.connection') ?? 'default';
    }

    private function id(): ?callable
    {
        $id = $this->of('id');
        if ($id !== null) {
            return $id === false ? null : $this->callable($id);
        }
        $isCluster = $this->config->get("database.redis.{$this->connection()}") === null;
        return $isCluster ? null : GuardId::of((string) $this->config->get('auth.defaults.guard', 'web'));
    }

    private function callable(mixed $given): callable
    {
        $found = is_string($given) && class_exists($given) ? $this->container->make($given) : $given;
        return is_callable($found) ? $found : throw new \InvalidArgumentException(
            'id and ended in config/sessions.php must be names of classes with a method __invoke'
        );
    }

    public function cookieForm(): CookieForm
    {
        return CookieForm::of($this->of('cookie') ?? CookieForm::SHA256, $this->of('secret'));
    }

    /** The previous store. */
    public function before(LaravelManager $manager): ?Before
    {
        $from = $this->of('from');
        if ($from === null) {
            return null;
        }
        $encrypter = fn (): mixed => $this->container->bound('encrypter') ? $this->container->make('encrypter') : null;
        return new Before($manager->driver($from)->getHandler(), $encrypter);
    }
}
