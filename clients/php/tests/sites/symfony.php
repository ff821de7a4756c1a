<?php

// A Symfony site: HttpKernel, the session listener, the firewall's context listener, and one
// controller that plays the steps of the request's body. `SETTINGS` has the options of the session
// handler.

declare(strict_types=1);

require __DIR__ . '/../bootstrap.php';

use Psr\Container\ContainerInterface;
use SessionsForRedis\Symfony\SessionHandler;
use SessionsForRedis\Symfony\SessionProxy;
use SessionsForRedis\Symfony\UserListener;
use SessionsForRedis\Tests\Support\Packages;
use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\HttpFoundation\Session\Attribute\AttributeBag;
use Symfony\Component\HttpFoundation\Session\SessionFactory;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\RedisSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\NativeSessionStorageFactory;
use Symfony\Component\HttpKernel\Controller\ControllerResolverInterface;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\EventListener\SessionListener;
use Symfony\Component\HttpKernel\HttpKernel;
use Symfony\Component\HttpKernel\KernelEvents;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;
use Symfony\Component\Security\Core\Authentication\Token\SwitchUserToken;
use Symfony\Component\Security\Core\Authentication\Token\UsernamePasswordToken;
use Symfony\Component\Security\Core\Exception\BadCredentialsException;
use Symfony\Component\Security\Core\Exception\LockedException;
use Symfony\Component\Security\Core\User\InMemoryUser;
use Symfony\Component\Security\Core\User\InMemoryUserProvider;
use Symfony\Component\Security\Http\Firewall\ContextListener;

Packages::load(Packages::SYMFONY);
error_reporting(E_ALL & ~E_DEPRECATED);

$redis = new Redis();
$redis->connect((string) getenv('REDIS'));
$settings = json_decode((string) getenv('SETTINGS'), true);
$isUsual = isset($settings['usual']);
$usual = new RedisSessionHandler($redis, ['prefix' => $settings['app']]);
$from = isset($settings['moving']) ? $usual : null;
$handler = $isUsual
    ? $usual
    : new SessionHandler($redis, ...array_diff_key($settings, ['proxy' => 0, 'moving' => 0]), from: $from);
$tokens = new TokenStorage();
$users = array_fill_keys(['u1', 'u2', 'admin'], ['password' => 'secret', 'roles' => ['ROLE_USER']]);

$stack = new RequestStack();
$factory = new NativeSessionStorageFactory(
    ['name' => 'sid', 'gc_maxlifetime' => 1200, 'gc_probability' => 0],
    isset($settings['proxy']) ? new SessionProxy($handler) : $handler,
);
$container = new class (['session_factory' => new SessionFactory($stack, $factory)]) implements ContainerInterface {
    public function __construct(private readonly array $services)
    {
    }

    public function get(string $id): mixed
    {
        return $this->services[$id];
    }

    public function has(string $id): bool
    {
        return isset($this->services[$id]);
    }
};

$dispatcher = new EventDispatcher();
$dispatcher->addSubscriber(new SessionListener($container));
if (!$isUsual) {
    $dispatcher->addSubscriber(new UserListener($handler, $tokens));
}
if (getenv('FIREWALL') !== 'none') {
    $context = new ContextListener($tokens, [new InMemoryUserProvider($users)], 'main', null, $dispatcher);
    $authenticate = static fn (RequestEvent $event) => $context->authenticate($event);
    $dispatcher->addListener(KernelEvents::REQUEST, $authenticate, 8);
}

$user = static fn (string $name) => new InMemoryUser($name, 'secret', ['ROLE_USER']);
$logIn = static function (Request $request, string $name) use ($tokens, $user): void {
    $request->getSession()->migrate(true);
    $tokens->setToken(new UsernamePasswordToken($user($name), 'main', ['ROLE_USER']));
};
$logOut = static function (Request $request) use ($tokens): void {
    $request->getSession()->invalidate();
    $tokens->setToken(null);
};
$impersonate = static function (Request $request, string $name) use ($tokens, $user): void {
    $original = $tokens->getToken();
    $tokens->setToken(new SwitchUserToken($user($name), 'main', ['ROLE_USER'], $original));
};
$waitFor = static function (string $key) use ($redis): void {
    $redis->set("$key:waits", '1');
    while (!$redis->exists($key)) {
        usleep(2_000);
    }
};
$steps = [
    'set' => static fn (Request $r, string $name, mixed $value) => $r->getSession()->set($name, $value),
    'setObject' => static fn (Request $r, string $name) => $r->getSession()->set($name, new ArrayObject()),
    'setBytes' => static fn (Request $r, string $name) => $r->getSession()->set($name, "\xff\x00"),
    'get' => static fn (Request $r, string $name) => $r->getSession()->get($name),
    'remove' => static fn (Request $r, string $name) => $r->getSession()->remove($name),
    'clear' => static fn (Request $r) => $r->getSession()->clear(),
    'all' => static fn (Request $r) => $r->getSession()->all(),
    'flash' => static fn (Request $r, string $text) => $r->getSession()->getFlashBag()->add('info', $text),
    'flashes' => static fn (Request $r) => $r->getSession()->getFlashBag()->all(),
    'meta' => static fn (Request $r) => [
        $r->getSession()->getMetadataBag()->getCreated(), $r->getSession()->getMetadataBag()->getLastUsed(),
    ],
    'save' => static fn (Request $r) => $r->getSession()->save(),
    'id' => static fn (Request $r) => $r->getSession()->getId(),
    'invalidate' => static fn (Request $r) => $r->getSession()->invalidate(),
    'migrate' => static fn (Request $r, bool $destroy, ?int $lifetime = null) => $r->getSession()->migrate(
        $destroy,
        $lifetime,
    ),
    'bag' => static function (Request $r, int $value) {
        $session = $r->getSession();
        $bag = new AttributeBag('_other');
        $bag->setName('other');
        $session->registerBag($bag);
        $before = $session->getBag('other')->get('a');
        $session->getBag('other')->set('a', $value);
        return $before;
    },
    'failLogIn' => static fn (Request $r) => $r->getSession()->set(
        '_security.last_error',
        new BadCredentialsException('wrong password'),
    ),
    'blockLogIn' => static function (Request $r): void {
        $error = new LockedException();
        $error->setUser(new InMemoryUser('u1', 'secret'));
        $r->getSession()->set('_security.last_error', $error);
    },
    'errorIs' => static function (Request $r): array {
        $error = $r->getSession()->get('_security.last_error');
        return is_object($error) ? [$error::class, $error->getMessageKey(), $error->getMessageData()] : [$error];
    },
    'lastError' => static fn (Request $r) => $r->getSession()->get('_security.last_error')->getMessage(),
    'logIn' => $logIn,
    'logOut' => $logOut,
    'impersonate' => $impersonate,
    'user' => static fn () => $tokens->getToken()?->getUserIdentifier(),
    'waitFor' => static fn (Request $r, string $key) => $waitFor($key),
    'endOthers' => static fn (Request $r) => $handler->endOthers($r->getSession()),
    'sid' => static fn (Request $r) => $handler->sidOf($r->getSession()),
    'sids' => static fn (Request $r, string $id) => array_column($handler->sessionsOf($id), 'sid'),
    'endAll' => static fn (Request $r, string $id, ?string $only = null) => $handler->endAll($id, $only),
];
$play = static fn (Request $request): JsonResponse => new JsonResponse(array_map(
    static fn (array $step): mixed => $steps[$step[0]]($request, ...array_slice($step, 1)),
    json_decode((string) $request->getContent(), true),
));

$resolver = new class ($play) implements ControllerResolverInterface {
    public function __construct(private readonly Closure $controller)
    {
    }

    public function getController(Request $request): callable
    {
        return $this->controller;
    }
};
$kernel = new HttpKernel($dispatcher, $resolver, $stack);
Request::setTrustedProxies(['127.0.0.1'], Request::HEADER_X_FORWARDED_FOR);
$request = Request::createFromGlobals();
try {
    $response = $kernel->handle($request);
} catch (Throwable $thrown) {
    $response = new JsonResponse(['error' => $thrown->getMessage()], 500);
}
$response->send();
