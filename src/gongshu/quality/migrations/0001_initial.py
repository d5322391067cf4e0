import django.db.models.deletion
import gongshu.quality.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0002_catalog_as_a_whole'),
        ('identity', '0002_administrations_and_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('passed_by', models.JSONField(default=list)),
                ('fault', models.CharField(choices=[('wrong', 'wrong'), ('missing', 'missing'), ('rights', 'rights')], max_length=10)),
                ('item', models.CharField(blank=True, max_length=63)),
                ('commitment', models.CharField(max_length=80)),
                ('sealed', models.TextField()),
                ('version', models.PositiveIntegerField()),
                ('urgent', models.BooleanField(default=False)),
                ('channel', models.CharField(choices=[('console', 'console'), ('portal', 'portal'), ('command', 'command')], max_length=10)),
                ('organization', models.CharField(max_length=64)),
                ('status', models.CharField(choices=[('reported', 'reported'), ('checking', 'checking'), ('correcting', 'correcting'), ('corrected', 'corrected'), ('confirmed', 'confirmed'), ('settled', 'settled'), ('closed', 'closed'), ('withdrawn', 'withdrawn')], default=gongshu.quality.states.ObjectionStatus['REPORTED'], max_length=12)),
                ('outcome', models.CharField(blank=True, max_length=40)),
                ('reason', models.TextField(blank=True)),
                ('corrected_version', models.PositiveIntegerField(blank=True, null=True)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('reported_at', models.DateTimeField()),
                ('checking_since', models.DateField(blank=True, null=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('close_on', models.DateField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='catalog.entry')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='identity.organization')),
                ('reporter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.CharField(max_length=64)),
                ('reads', models.PositiveIntegerField()),
                ('last_read_at', models.DateTimeField()),
                ('knows_key', models.BooleanField(default=False)),
                ('told_at', models.DateTimeField()),
                ('objection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='quality.objection')),
            ],
            options={
                'ordering': ['organization'],
            },
        ),
        migrations.AddIndex(
            model_name='objection',
            index=models.Index(fields=['status', 'close_on'], name='quality_objection_to_close'),
        ),
        migrations.AddIndex(
            model_name='objection',
            index=models.Index(fields=['provider', 'status'], name='quality_objection_by_provider'),
        ),
        migrations.AddConstraint(
            model_name='recipient',
            constraint=models.UniqueConstraint(fields=('objection', 'organization'), name='quality_recipient_once'),
        ),
    ]
